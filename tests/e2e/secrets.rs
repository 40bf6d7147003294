//! Tokens are never in the window: everything that the page gets from the back end and everything that it shows is searched for
//! every secret that the simulator was started with or has handed out, in any dress.

use user_sync_tests::leaks::Search;
use user_sync_tests::window::{Result, ensure};

use crate::stage::Stage;

/// Keeps a copy of every answer of the back end and of every event.
const LISTEN: &str = "\
    window.heard = [];
    const ask = window.fetch;
    window.fetch = async (...words) => {
        const answer = await ask(...words);
        answer.clone().text().then((text) => window.heard.push(text));
        return answer;
    };
    const internals = window.__TAURI_INTERNALS__;
    const keep = internals.transformCallback((event) => window.heard.push(JSON.stringify(event)));
    const listen = (event) => internals.invoke('plugin:event|listen', { event, target: { kind: 'Any' }, handler: keep });
    Promise.all(['changed', 'progress', 'sign-in'].map(listen)).then(() => done('listening'), (error) => done(String(error)));";

/// Hears what the page hears.
pub(crate) struct Ears;

impl Ears {
    /// Listens from now on.
    pub(crate) async fn open(stage: &Stage) -> Result<Self> {
        let said = stage.page()?.waiting_script(LISTEN, Vec::new()).await?;
        ensure(said == "listening", || format!("nobody can listen: {said}"))?;
        Ok(Self)
    }

    /// Keeps what the page shows now.
    pub(crate) async fn look_around(&self, stage: &Stage) -> Result<()> {
        let fields = "[...document.querySelectorAll('input')].map((field) => field.value).join(' ')";
        let script = format!("window.heard.push(document.documentElement.outerHTML + {fields});");
        stage.page()?.script(&script, Vec::new()).await.map(|_| ())
    }

    /// Looks through all of it.
    pub(crate) async fn heard_no_secret(&self, stage: &Stage) -> Result<()> {
        let heard = stage.page()?.script("return window.heard.join('\\n');", Vec::new()).await?;
        let heard = heard.as_str().unwrap_or_default();
        for known in ["\"syncs\"", "@", "\"run\""] {
            ensure(heard.contains(known), || format!("the ears are deaf: no {known} in {} letters", heard.len()))?;
        }
        let known = stage.company.secrets()?.into_iter().chain(stage.company.simulator.secrets());
        let search = Search::new(known).map_err(std::io::Error::other)?;
        ensure(search.len() > 10, || format!("only {} secrets are known", search.len()))?;
        let found = search.in_bytes("the window", heard.as_bytes());
        ensure(found.is_empty(), || format!("{} secrets were in the window, such as {:?}", found.len(), found.first()))
    }
}
