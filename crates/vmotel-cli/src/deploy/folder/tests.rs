use std::fs;

use super::{compare, write, write_secrets};
use crate::deploy::Choice;

#[test]
fn files_of_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let tree = Choice::default().stack().unwrap().compose().unwrap();
    let own = folder.path().join("vmalert/targets.yml");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::write(&own, "groups: []\n").unwrap();
    let error = write(&tree, folder.path()).unwrap_err().to_string();
    assert!(error.contains("targets.yml was not rendered"), "{error}");
    assert!(
        !folder.path().join("compose.yml").exists(),
        "half of it was written"
    );
    assert_eq!(fs::read_to_string(&own).unwrap(), "groups: []\n");
}

#[test]
fn drift_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let tree = Choice::default().stack().unwrap().compose().unwrap();
    assert_eq!(write(&tree, folder.path()).unwrap(), tree.files().count());
    compare(&tree, folder.path()).unwrap();
    assert_eq!(write(&tree, folder.path()).unwrap(), 0);

    let rules = folder.path().join("vmalert/targets.yml");
    fs::write(&rules, fs::read_to_string(&rules).unwrap() + "# by hand\n").unwrap();
    let error = compare(&tree, folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("vmalert/targets.yml not as rendered; run `cargo xtask deploy render`"),
        "{error}"
    );
    let gone = folder.path().join("vmalert/old.yml");
    fs::copy(&rules, &gone).unwrap();
    assert!(
        compare(&tree, folder.path())
            .unwrap_err()
            .to_string()
            .contains("vmalert/old.yml")
    );
    write(&tree, folder.path()).unwrap();
    assert!(!gone.exists());
    compare(&tree, folder.path()).unwrap();
}

#[test]
fn secrets_are_made_once() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(write_secrets(&["a", "b"], folder.path()).unwrap(), 2);
    let first = fs::read_to_string(folder.path().join("secrets/a")).unwrap();
    assert_eq!(write_secrets(&["a", "b", "c"], folder.path()).unwrap(), 1);
    assert_eq!(
        fs::read_to_string(folder.path().join("secrets/a")).unwrap(),
        first
    );
    assert_ne!(
        fs::read_to_string(folder.path().join("secrets/b")).unwrap(),
        first
    );
}

/// A file where a folder is needed: nothing else is written.
#[test]
fn a_folder_that_cannot_be_written_to_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let tree = Choice::default().stack().unwrap().render().unwrap();
    fs::write(folder.path().join("vmauth"), "a file").unwrap();
    let error = format!("{:#}", write(&tree, folder.path()).unwrap_err());
    assert!(error.contains("/vmauth"), "{error}");
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(left, [folder.path().join("vmauth")]);
}
