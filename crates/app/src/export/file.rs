//! A file under a free name, which is there whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use engine::{Error, Kind, Result};

use super::{Place, Saved, csv};

/// A file that is being written.
pub(super) struct NewFile {
    path: PathBuf,
    /// `None` once it is finished.
    to: Option<BufWriter<File>>,
    rows: u64,
}

impl NewFile {
    /// Makes a new file: `User Sync people 2026-11-22.csv`, with a number behind when that exists.
    pub(super) fn create(place: &Place, what: &str, ending: &str) -> Result<Self> {
        for number in 1.. {
            let more = if number == 1 { String::new() } else { format!(" ({number})") };
            let path = place.folder.join(format!("User Sync {what} {}{more}.{ending}", place.day));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, to: Some(BufWriter::new(file)), rows: 0 }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && number < 10_000 => {}
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        Err(Error::new(Kind::Bug, "export", "No name is free for the file."))
    }

    /// Writes the head of a CSV file.
    pub(super) fn head(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
        self.write(&csv::head(cells))
    }

    /// Adds a row of a CSV file.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) -> Result<()> {
        self.rows += 1;
        self.write(&csv::line(cells))
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> Result<Saved> {
        if let Some(to) = self.to.as_mut() {
            to.flush().map_err(|error| failed(&self.path, &error))?;
        }
        self.to = None;
        Ok(Saved { path: self.path.clone(), rows: self.rows })
    }

    /// Adds text.
    pub(super) fn write(&mut self, text: &str) -> Result<()> {
        match self.to.as_mut() {
            Some(to) => to.write_all(text.as_bytes()).map_err(|error| failed(&self.path, &error)),
            None => Ok(()),
        }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.to.take().is_some() {
            // It broke off: half a list would be taken for a whole one. What cannot be removed was never announced.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Storage, "export", format!("{} cannot be written: {error}.", path.display()))
        .ask_admin("Make room on the disk, or allow User Sync to write to this folder, and export again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &Path) -> Place {
        Place { folder: folder.to_owned(), day: jiff::civil::date(2026, 11, 22) }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            let mut file = NewFile::create(&place(folder.path()), "people", "csv").unwrap();
            file.head(["Name"]).unwrap();
            file.row(["Ana"]).unwrap();
            assert_eq!(file.finish().unwrap().rows, 1);
        }
        assert_eq!(
            names(folder.path()),
            ["User Sync people 2026-11-22 (2).csv", "User Sync people 2026-11-22 (3).csv", "User Sync people 2026-11-22.csv"]
        );
        let text = std::fs::read_to_string(folder.path().join("User Sync people 2026-11-22.csv")).unwrap();
        assert_eq!(text, "\u{feff}Name\r\nAna\r\n");
    }

    #[test]
    fn half_a_file_is_not_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&place(folder.path()), "people", "csv").unwrap();
        file.head(["Name"]).unwrap();
        drop(file);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_an_error_with_a_next_step() {
        let error = NewFile::create(&place(Path::new("/nowhere/at/all")), "people", "csv").map(|_| ()).unwrap_err();
        assert!(error.kind == Kind::Storage && error.next_step().contains("export again"), "{error:?}");
    }
}
