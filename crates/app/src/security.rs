//! What is kept where on this computer, and how to end everything: the data of the window's security page and of the terminal's answer.

use std::collections::BTreeMap;
use std::path::Path;

use engine::engine::GrantKey;
use engine::guide;
use engine::model::PlatformId;
use engine::secrets::Keychain;
use engine::transport::Realm;
use engine::{Engine, Result};
use serde::Serialize;

use crate::compose::namespace;

/// What is kept where.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct SecurityView {
    /// The data folder.
    pub folder: String,
    /// The database in it.
    pub database: String,
    /// Where secrets lie: the service's name in the keychain, or the demo's key file.
    pub secrets: String,
    /// Whether that is the operating system's keychain.
    pub in_keychain: bool,
    /// Names of the entries that are there now.
    pub entries: Vec<String>,
    /// Why they cannot be listed: the keychain is locked or absent.
    pub entries_problem: Option<String>,
    /// How the key of the employees' sign-ins stands; null when the keychain cannot be asked.
    pub key: Option<GrantKey>,
    /// How everything ends at each platform.
    pub platforms: Vec<OffSwitchView>,
}

/// Where a platform's administrator ends everything of User Sync at once.
#[derive(Clone, Debug, Serialize, specta::Type)]
pub struct OffSwitchView {
    /// Which.
    pub platform: PlatformId,
    /// Its name.
    pub name: String,
    /// Whether it is connected.
    pub connected: bool,
    /// What to do.
    pub how: String,
    /// Where.
    pub link: String,
}

/// Looks it up.
pub async fn view(engine: &Engine, folder: &Path, realm: Realm) -> Result<SecurityView> {
    // People look for it from elsewhere.
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let connections = engine.reading().connections().await?;
    let mut platforms = Vec::new();
    for platform in platforms::all().iter() {
        let connection = connections.iter().find(|view| view.platform == platform.info().id);
        let fields: BTreeMap<String, String> = connection.map(|view| view.fields.clone()).unwrap_or_default();
        let guide = guide::view(platform, &fields)?;
        platforms.push(OffSwitchView {
            platform: guide.platform,
            name: guide.name,
            connected: connection.is_some(),
            how: guide.off_switch,
            link: guide.off_switch_link,
        });
    }
    let (secrets, in_keychain) = match realm {
        Realm::Live => (Keychain::new(&namespace(folder, &engine::clock::SystemRandom)?).service().to_owned(), true),
        Realm::Demo => (folder.join("demo.key").display().to_string(), false),
    };
    let (entries, entries_problem) = match engine.inventory().await {
        Ok(entries) => (entries, None),
        Err(error) if error.kind == engine::Kind::Keychain => (Vec::new(), Some(format!("{} {}", error.message, error.next_step()))),
        Err(error) => return Err(error),
    };
    let key = match engine.grant_key().await {
        Ok(key) => Some(key),
        Err(error) if error.kind == engine::Kind::Keychain => None,
        Err(error) => return Err(error),
    };
    Ok(SecurityView {
        folder: folder.display().to_string(),
        database: engine::store::file(folder).display().to_string(),
        secrets,
        in_keychain,
        entries,
        entries_problem,
        key,
        platforms,
    })
}
