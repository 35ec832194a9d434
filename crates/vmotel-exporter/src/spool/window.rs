//! What the server has acknowledged and may still lose.

use std::{collections::VecDeque, time::Duration};

use super::{Parcel, ParcelId, SpoolConfig};

/// The parcels of the last acknowledgements, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Window {
    parcels: VecDeque<(Duration, ParcelId, Parcel)>,
    bytes: u64,
}

impl Window {
    pub(crate) fn add(&mut self, id: ParcelId, parcel: Parcel, now: Duration) {
        self.bytes += parcel.bytes();
        self.parcels.push_back((now, id, parcel));
    }

    /// Lets go what is older than the window or beyond its bound; returns how many of the latter.
    ///
    /// A parcel that was acknowledged at the window's very edge is kept.
    pub(crate) fn trim(&mut self, now: Duration, config: &SpoolConfig) -> u64 {
        let mut beyond = 0;
        while let Some((time, _, parcel)) = self.parcels.front() {
            let old = now.saturating_sub(*time) > config.window || config.window.is_zero();
            if !old && self.bytes <= config.window_bytes {
                break;
            }
            self.bytes -= parcel.bytes();
            beyond += u64::from(!old);
            self.parcels.pop_front();
        }
        beyond
    }

    /// Empties the window.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = (ParcelId, Parcel)> + use<> {
        self.bytes = 0;
        std::mem::take(&mut self.parcels)
            .into_iter()
            .map(|(_, id, parcel)| (id, parcel))
    }

    pub(crate) fn parcels(&self) -> u64 {
        self.parcels.len() as u64
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}
