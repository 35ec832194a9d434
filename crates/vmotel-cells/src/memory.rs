//! Zeroed memory for cells, taken from the system page by page as it is touched.

#[cfg(not(loom))]
use std::alloc::{Layout, alloc_zeroed, handle_alloc_error};

use crate::sync::AtomicU64;

/// Returns `len` cells at zero.
#[cfg(not(loom))]
pub(crate) fn zeroed(len: usize) -> Box<[AtomicU64]> {
    if len == 0 {
        return Box::new([]);
    }
    let Ok(layout) = Layout::array::<AtomicU64>(len) else {
        handle_alloc_error(Layout::new::<AtomicU64>());
    };
    // SAFETY: the layout is not empty.
    let start = unsafe { alloc_zeroed(layout) }.cast::<AtomicU64>();
    if start.is_null() {
        handle_alloc_error(layout);
    }
    let cells = std::ptr::slice_from_raw_parts_mut(start, len);
    // SAFETY: the memory was allocated with the layout of this slice, and zero is a value of every cell.
    unsafe { Box::from_raw(cells) }
}

/// Returns `len` cells at zero.
#[cfg(loom)]
pub(crate) fn zeroed(len: usize) -> Box<[AtomicU64]> {
    (0..len).map(|_| AtomicU64::new(0)).collect()
}
