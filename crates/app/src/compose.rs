//! Live or demo, whole: nothing else chooses a network, a secret store or a browser, so the two can never mix.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::clock::{Browser, Clock, Random, SystemClock, SystemRandom};
use engine::pace::Rates;
use engine::secrets::{KeyFile, Keychain, SecretStore};
use engine::transport::Realm;
use engine::{Error, Kind, Parts, Result};

use crate::https::Https;
use crate::ready::Ready;

/// Which world the program works in.
#[derive(Clone, Debug)]
pub enum World {
    /// The vendors and the system's keychain.
    Live,
    /// A running simulator, and a key file in the demo's own folder.
    Demo(Ready),
}

impl World {
    /// Live or demo, as the database records it.
    pub fn realm(&self) -> Realm {
        match self {
            Self::Live => Realm::Live,
            Self::Demo(_) => Realm::Demo,
        }
    }

    /// Everything an engine is made of.
    pub fn parts(&self, folder: &Path, browser: Arc<dyn Browser>) -> Result<Parts> {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let rates = match self {
            Self::Demo(ready) if !ready.rate_limits => Rates::Off,
            _ => Rates::Declared,
        };
        let (wire, secrets): (Https, Arc<dyn SecretStore>) = match self {
            Self::Live => (Https::live()?, Arc::new(Keychain::new(&namespace(folder, random.as_ref())?))),
            Self::Demo(ready) => {
                let authority = std::fs::read(&ready.ca).map_err(|error| {
                    Error::not_found(
                        "demo",
                        format!("The simulator's certificate {} cannot be read: {error}.", ready.ca.display()),
                        "Start the simulator again; it writes a new one.",
                    )
                })?;
                make_folder(folder)?;
                (
                    Https::demo(ready.tls, &authority, ready.patience_ms.map(Duration::from_millis))?,
                    Arc::new(KeyFile::open(folder, random.clone())?),
                )
            }
        };
        Ok(Parts {
            platforms: platforms::all(),
            folder: folder.to_owned(),
            realm: self.realm(),
            wire: Arc::new(wire),
            secrets,
            clock,
            random,
            rates,
            browser,
            actor: user(),
        })
    }
}

/// Who uses this computer, as the audit log names them: the account's name and the computer's.
fn user() -> String {
    let name = whoami::username().unwrap_or_else(|_| "somebody".into());
    match whoami::hostname() {
        Ok(computer) => format!("{name}@{computer}"),
        Err(_) => name,
    }
}

/// Which entries of the keychain belong to a live data folder: those of development builds are kept apart from those of released ones,
/// and those of any folder but the user's own from all others, so that two profiles never take each other's tokens.
pub fn namespace(folder: &Path, random: &dyn Random) -> Result<String> {
    make_folder(folder)?;
    let build = cfg!(debug_assertions).then(|| "development".to_owned());
    let profile = if is_the_users_own(folder) { None } else { Some(profile(folder, random)?) };
    Ok(build.into_iter().chain(profile).collect::<Vec<_>>().join(", "))
}

fn is_the_users_own(folder: &Path) -> bool {
    let same = |own: PathBuf| own.canonicalize().is_ok_and(|own| folder.canonicalize().is_ok_and(|folder| folder == own));
    // A user without a data folder has none of their own.
    default_folder(Realm::Live).is_ok_and(same)
}

/// The file that names a profile.
const PROFILE: &str = "profile";

/// A name that stays when the folder moves: its first name, for those who read it in the keychain, and a number.
fn profile(folder: &Path, random: &dyn Random) -> Result<String> {
    let path = folder.join(PROFILE);
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(Kind::Storage, "open", format!("{} cannot be kept: {error}.", path.display()))
            .ask_admin("Choose a folder that you may write to with --data-dir.")
    };
    if !path.exists() {
        let mut number = [0; 4];
        random.fill(&mut number);
        let first = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = format!("{first} {:08x}", u32::from_be_bytes(number));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        std::io::Write::write_all(&mut file, name.trim().as_bytes()).map_err(|error| failed(&error))?;
        match file.persist_noclobber(&path) {
            Ok(_) => {}
            // Somebody else was quicker: theirs counts.
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error.error)),
        }
    }
    std::fs::read_to_string(&path).map_err(|error| failed(&error))
}

/// The user's data folder for a world.
pub fn default_folder(realm: Realm) -> Result<PathBuf> {
    let name = match realm {
        Realm::Live => "user-sync",
        Realm::Demo => "user-sync-demo",
    };
    let base = dirs::data_local_dir()
        .ok_or_else(|| Error::new(Kind::Storage, "open", "This user has no data folder.").ask_admin("Name a folder with --data-dir."))?;
    Ok(base.join(name))
}

/// Makes a folder that only its owner can look into, where the system has such a thing.
pub fn make_folder(folder: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| {
        Error::new(Kind::Storage, "open", format!("The folder {} cannot be made: {error}.", folder.display()))
            .ask_admin("Choose a folder that you may write to with --data-dir.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_folder_has_its_own_name_in_the_keychain_and_keeps_it_when_it_moves() {
        let above = tempfile::tempdir().unwrap();
        let (one, two) = (above.path().join("trial"), above.path().join("second"));
        let name = |folder: &Path| namespace(folder, &SystemRandom).unwrap();
        let (first, second) = (name(&one), name(&two));
        assert!(first.starts_with("development, trial ") && second.starts_with("development, second "), "{first} {second}");
        assert_eq!(name(&one), first);
        let moved = above.path().join("moved");
        std::fs::rename(&one, &moved).unwrap();
        assert_eq!(name(&moved), first);
        assert_ne!(name(&one), first, "a new folder under an old name is another one");
    }
}
