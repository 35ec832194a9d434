//! What a crash, a damaged disk or a second process does to the folder.

use std::{fs, path::Path};

use super::*;

fn on(path: &Path) -> SpoolConfig {
    SpoolConfig {
        directory: Some(path.to_owned()),
        ..SpoolConfig::default()
    }
}

/// Leaves these parcels in the folder, as a process that ends in an outage.
fn leave(path: &Path, parcels: &[Parcel]) {
    let mut spool = Spool::open(on(path)).unwrap();
    for parcel in parcels {
        assert_eq!(spool.push(parcel.clone()), Pushed::default());
    }
    let kept = spool.keep(|| true);
    assert_eq!(kept.spooled_parcels, parcels.len() as u64);
    assert_eq!(kept.lost_parcels, 0);
}

/// Delivers all that a new process finds.
fn take_up(path: &Path) -> (Vec<Parcel>, SpoolStats) {
    let mut spool = Spool::open(on(path)).unwrap();
    let mut parcels = Vec::new();
    while let Some((id, parcel)) = spool.front() {
        parcels.push(parcel);
        spool.delivered(id, seconds(0));
    }
    (parcels, spool.stats())
}

fn files(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_restart_takes_up_everything_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/on/the/way");
    let parcels: Vec<Parcel> = (1..=12).map(|time| parcel(time, time as usize * 100)).collect();
    leave(&path, &parcels);
    let (taken, stats) = take_up(&path);
    assert_eq!(taken, parcels);
    assert_eq!((stats.recovered_parcels, stats.recovered_samples), (12, 78));
    assert_eq!(files(&path), ["lock"]);
    assert_eq!(take_up(&path).0, []);
}

#[test]
fn what_is_delivered_at_once_never_touches_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(on(folder.path())).unwrap();
    for time in 1..=3 {
        let _ = spool.push(parcel(time, 10));
    }
    assert_eq!(files(folder.path()), ["lock"]);
    let (id, _) = spool.front().unwrap();
    spool.failed(id);
    assert_eq!(files(folder.path()).len(), 4);
    let _ = spool.push(parcel(4, 10));
    assert_eq!(files(folder.path()).len(), 5);
    while let Some((id, _)) = spool.front() {
        spool.delivered(id, seconds(1));
    }
    let _ = spool.push(parcel(5, 10));
    assert_eq!(files(folder.path()), ["lock"]);
}

#[test]
fn every_prefix_of_a_file_is_set_aside_and_never_sent() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, third) = (parcel(1, 70), parcel(2, 70), parcel(3, 70));
    leave(folder.path(), &[first.clone(), second, third.clone()]);
    let names = files(folder.path());
    let contents: Vec<Vec<u8>> = names
        .iter()
        .map(|name| fs::read(folder.path().join(name)).unwrap())
        .collect();
    let whole = &contents[1];
    assert_eq!(whole.len(), 56 + SHOP.len() + 70);
    for cut in 0..whole.len() {
        for (name, content) in names.iter().zip(&contents) {
            fs::write(folder.path().join(name), content).unwrap();
        }
        fs::write(folder.path().join(&names[1]), &whole[..cut]).unwrap();
        // A crash may also come before the renaming.
        fs::write(folder.path().join("00000000000000000009.tmp"), &whole[..cut]).unwrap();
        let (taken, stats) = take_up(folder.path());
        assert_eq!(taken, [first.clone(), third.clone()], "cut at {cut}");
        assert_eq!(stats.damaged_files, 1, "cut at {cut}");
        assert_eq!(files(folder.path()), ["00000000000000000002.damaged", "lock"]);
    }
}

#[test]
fn every_flipped_bit_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (parcel(1, 40), parcel(2, 40));
    leave(folder.path(), &[first, second.clone()]);
    let names = files(folder.path());
    let contents: Vec<Vec<u8>> = names
        .iter()
        .map(|name| fs::read(folder.path().join(name)).unwrap())
        .collect();
    for bit in 0..contents[0].len() * 8 {
        let mut flipped = contents[0].clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(folder.path().join(&names[0]), flipped).unwrap();
        fs::write(folder.path().join(&names[1]), &contents[1]).unwrap();
        let (taken, stats) = take_up(folder.path());
        assert!(taken == std::slice::from_ref(&second), "bit {bit}");
        assert_eq!(stats.damaged_files, 1, "bit {bit}");
    }
}

#[test]
fn damage_that_comes_while_it_waits_is_counted_with_its_samples() {
    let folder = tempfile::tempdir().unwrap();
    leave(
        folder.path(),
        &[parcel(1, 10), parcel(2, 10), parcel(3, 10), parcel(4, 10)],
    );
    let mut spool = Spool::open(on(folder.path())).unwrap();
    let names = files(folder.path());
    // A damaged body, a file that is gone, and another parcel's file in its place.
    let mut first = fs::read(folder.path().join(&names[0])).unwrap();
    *first.last_mut().unwrap() ^= 1;
    fs::write(folder.path().join(&names[0]), first).unwrap();
    fs::remove_file(folder.path().join(&names[1])).unwrap();
    fs::copy(folder.path().join(&names[3]), folder.path().join(&names[2])).unwrap();
    let (_, left) = spool.front().unwrap();
    assert_eq!(left.time, Timestamp(4));
    let stats = spool.stats();
    assert_eq!((stats.damaged_files, stats.damaged_samples), (3, 6));
    assert_eq!((stats.waiting_parcels, stats.waiting_samples), (1, 4));
}

#[test]
fn no_more_than_16_damaged_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    for number in 1..=40 {
        fs::write(folder.path().join(format!("{number:020}.parcel")), "no parcel").unwrap();
    }
    // Numbers that would leave no room for the next one, and names that are nobody's.
    fs::write(folder.path().join(format!("{}.parcel", u64::MAX)), "").unwrap();
    fs::write(folder.path().join("x.parcel"), "").unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let (taken, stats) = take_up(folder.path());
    assert_eq!(taken, []);
    assert_eq!(stats.damaged_files, 42);
    let left = files(folder.path());
    assert_eq!(left.iter().filter(|name| name.ends_with(".damaged")).count(), 16);
    assert!(left.contains(&"notes.txt".to_owned()));
}

#[test]
fn a_second_owner_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = Spool::open(on(folder.path())).unwrap();
    let error = Spool::open(on(folder.path())).unwrap_err();
    assert!(matches!(error, SpoolError::InUse { .. }), "{error:?}");
    assert!(
        error
            .to_string()
            .ends_with("is in use by another exporter, expected one of its own for each"),
        "{error}"
    );
    drop(first);
    Spool::open(on(folder.path())).unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Spool::open(on(&file)).unwrap_err();
    assert!(matches!(error, SpoolError::Directory { .. }), "{error:?}");
}

#[test]
fn a_disk_that_fails_costs_nothing_that_has_room_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    let mut spool = Spool::open(on(&path)).unwrap();
    let _ = spool.push(parcel(1, 10));
    fs::remove_dir_all(&path).unwrap();
    let (id, _) = spool.front().unwrap();
    spool.failed(id);
    assert_eq!(spool.push(parcel(2, 10)), Pushed::default());
    assert!(spool.stats().disk_errors >= 2, "{:?}", spool.stats());
    assert_eq!(spool.stats().disk_bytes, 0);
    // When the disk is back, so is the next write.
    fs::create_dir(&path).unwrap();
    let _ = spool.push(parcel(3, 10));
    assert_eq!(files(&path).len(), 3);
    let mut late = 0;
    let kept = spool.keep(|| {
        late += 1;
        false
    });
    assert_eq!((kept.spooled_samples, kept.lost_samples, late), (6, 0, 0));
}

#[test]
fn a_deadline_leaves_the_rest_in_memory_and_tells() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(on(folder.path())).unwrap();
    for time in 1..=5 {
        let _ = spool.push(parcel(time, 10));
    }
    let mut asked = 0;
    let kept = spool.keep(|| {
        asked += 1;
        asked <= 2
    });
    assert_eq!((kept.spooled_parcels, kept.spooled_samples), (2, 3));
    assert_eq!((kept.lost_parcels, kept.lost_samples), (3, 12));
    assert_eq!(spool.front(), None);
    assert_eq!(spool.stats().waiting_samples, 15);
    // The directory is free, although the spool is still there.
    assert_eq!(take_up(folder.path()).0, [parcel(1, 10), parcel(2, 10)]);
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool");
    leave(&path, &[parcel(1, 10)]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for name in files(&path) {
        assert_eq!(mode(&path.join(&name)), 0o600, "{name}");
    }
}
