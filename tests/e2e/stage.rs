//! The stage of a test: a desktop, the made-up company, the open window, and the steps that several tests take.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use user_sync_tests::window::{Company, Desktop, Page, Result, Trouble, Wanted, Window, dialog, element, ensure, until_within};

/// How long a platform may take that lets itself be asked every five seconds only.
pub(crate) const SLOW: Duration = Duration::from_secs(60);

/// One test's surroundings.
pub(crate) struct Stage {
    pub(crate) desktop: Desktop,
    pub(crate) company: Company,
    window: Option<Window>,
    /// What people call the platforms, by id.
    names: BTreeMap<String, String>,
}

/// Opens the window on a new computer and tells the story; what the window showed when it broke off is kept as a picture.
pub(crate) async fn stage(name: &str, story: impl AsyncFnOnce(&mut Stage) -> Result<()>) -> Result<()> {
    closed_stage(name, async |stage| {
        stage.open().await?;
        story(stage).await
    })
    .await
}

/// The same before the window is opened.
pub(crate) async fn closed_stage(name: &str, story: impl AsyncFnOnce(&mut Stage) -> Result<()>) -> Result<()> {
    let company = Company::open(250).await?;
    let mut stage = Stage { desktop: Desktop::open().await?, company, window: None, names: BTreeMap::new() };
    let outcome = story(&mut stage).await;
    if outcome.is_err()
        && let Some(window) = &stage.window
    {
        window.page().picture(&format!("broken-off-{name}")).await?;
    }
    stage.close().await?;
    outcome
}

/// A person of the company, as a row of the table tells.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) name: String,
    email: String,
    accounts: BTreeMap<String, String>,
}

impl Person {
    fn read(row: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let accounts =
            row["accounts"].as_object()?.iter().filter_map(|(platform, account)| Some((platform.clone(), text(&account["id"])?)));
        Some(Self { id: text(&row["id"])?, name: text(&row["name"])?, email: text(&row["email"])?, accounts: accounts.collect() })
    }

    /// Platform and id of an account.
    pub(crate) fn on<'a>(&'a self, platform: &'a str) -> (&'a str, &'a str) {
        (platform, self.accounts.get(platform).map(String::as_str).unwrap_or_default())
    }

    /// The row of the table.
    pub(crate) fn row(&self) -> Wanted {
        element("row", &exactly(&self.name))
    }
}

/// A text inside a regular expression.
pub(crate) fn exactly(text: &str) -> String {
    text.chars().flat_map(|letter| (!letter.is_alphanumeric() && letter.is_ascii()).then_some('\\').into_iter().chain([letter])).collect()
}

impl Stage {
    /// The folder of the real data.
    pub(crate) fn data(&self) -> PathBuf {
        self.desktop.path("user-sync-data")
    }

    fn arguments(&self) -> [OsString; 4] {
        ["--data-dir".into(), self.data().into(), "--demo".into(), self.company.ready_file().into()]
    }

    /// Another window on the same data.
    pub(crate) async fn another_window(&self) -> Result<Window> {
        Window::open(&self.desktop, &self.arguments()).await
    }

    pub(crate) async fn open(&mut self) -> Result<()> {
        let window = self.another_window().await?;
        window.page().resize(1280, 800).await?;
        self.window = Some(window);
        Ok(())
    }

    /// Ends the program.
    pub(crate) async fn close(&mut self) -> Result<()> {
        match self.window.take() {
            Some(window) => window.close().await,
            None => Ok(()),
        }
    }

    pub(crate) fn page(&self) -> Result<&Page> {
        self.window.as_ref().map(Window::page).ok_or_else(|| Trouble("the window is closed".to_owned()))
    }

    /// What people call a platform.
    pub(crate) fn name(&self, platform: &str) -> &str {
        self.names.get(platform).map(String::as_str).unwrap_or_default()
    }

    /// From the first page into the demo.
    pub(crate) async fn enter_demo(&mut self) -> Result<()> {
        let page = self.page()?.clone();
        page.click(&element("button", "^Explore with a demo company$")).await?;
        page.see_text("You are exploring a demo company").await?;
        self.learn_names().await
    }

    pub(crate) async fn learn_names(&mut self) -> Result<()> {
        let startup = self.page()?.ask("startup", json!({})).await?;
        let sheets = startup["world"]["platforms"].as_array().cloned().unwrap_or_default();
        let named = |sheet: &Value| Some((sheet["id"].as_str()?.to_owned(), sheet["name"].as_str()?.to_owned()));
        self.names = sheets.iter().filter_map(named).collect();
        ensure(self.names.len() == 4, || format!("four platforms are expected, not {startup}"))
    }

    /// To a page by the sidebar.
    pub(crate) async fn go(&self, title: &str) -> Result<()> {
        let page = self.page()?;
        page.click(&element("button", &format!("^{title}$")).within(element("navigation", "Pages"))).await?;
        page.see(&element("heading", &format!("^{title}$"))).await.map(|_| ())
    }

    /// Imports everybody and goes to the table.
    pub(crate) async fn import(&self) -> Result<()> {
        let page = self.page()?;
        self.go("Platforms").await?;
        page.click(&element("button", "^Import all$")).await?;
        until_within(SLOW, "the end of the import", || async {
            let runs = page.ask("runs", json!({})).await?;
            let over = |run: &Value| run["kind"] == "import" && run["state"] == "done";
            Ok(runs.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(over)).then_some(()))
        })
        .await?;
        self.go("User Sync").await?;
        page.see(&element("row", "@")).await.map(|_| ())
    }

    /// Everybody, as the table knows them.
    pub(crate) async fn everybody(&self) -> Result<Vec<Value>> {
        let page = self.page()?;
        let filter = json!({ "search": null, "status": null, "platform": null, "primary": null, "reason": null });
        let listing = page.ask("list_people", json!({ "filter": filter, "sort": { "by": "name", "descending": false } })).await?;
        let rows = page.ask("people_window", json!({ "listing": listing["id"], "from": 0, "count": 500 })).await?;
        Ok(rows.as_array().cloned().unwrap_or_default())
    }

    /// People who fit, each with a name and an address of their own.
    pub(crate) async fn people(&self, fits: impl Fn(&Value) -> bool) -> Result<Vec<Person>> {
        let everybody = self.everybody().await?;
        let alone = |person: &Person| {
            everybody.iter().filter(|row| row["name"].as_str().is_some_and(|name| name.contains(&person.name))).count() == 1
        };
        Ok(everybody.iter().filter(|row| row["offered"] == true && fits(row)).filter_map(Person::read).filter(alone).collect())
    }

    /// The row as it is now.
    pub(crate) async fn now(&self, person: &Person) -> Result<Value> {
        let rows = self.page()?.ask("people_by_id", json!({ "people": [person.id] })).await?;
        Ok(rows[0].clone())
    }

    /// Shows only this person in the table.
    pub(crate) async fn find(&self, person: &Person) -> Result<()> {
        let page = self.page()?;
        page.fill(&element("searchbox", "^Search by name"), &person.email).await?;
        page.see_text(r"\b1 of [\d,]+ people").await?;
        page.see(&person.row()).await.map(|_| ())
    }

    /// The button of a sync, by the beginning of its name.
    pub(crate) fn pill(&self, person: &Person, to: &str, status: &str) -> Wanted {
        element("button", &format!("^{}: {status}", self.name(to))).within(person.row())
    }

    /// Chooses a primary platform in the row.
    pub(crate) async fn choose_primary(&self, person: &Person, platform: &str) -> Result<()> {
        let page = self.page()?;
        self.find(person).await?;
        page.click(&element("button", "primary platform of").within(person.row())).await?;
        page.click(&element("menuitemradio", &format!("^{}$", self.name(platform)))).await?;
        let chosen = format!("^Primary platform of {}: {}$", exactly(&person.name), self.name(platform));
        page.see(&element("button", &chosen)).await.map(|_| ())
    }

    /// Somebody whose sync to `to` would do `action`; a primary platform is chosen in the window where that is still open.
    pub(crate) async fn somebody(&self, cell: &Cell, taken: &mut Vec<String>) -> Result<Person> {
        let Cell { from, to, has_account, action } = *cell;
        let possible = self
            .people(|row| {
                let chosen = row["primary"] == from
                    || (row["primary"].is_null() && row["primary_choices"].as_array().is_some_and(|all| all.contains(&from.into())));
                chosen && row["accounts"].get(to).is_some_and(|account| account["active"] == true) == has_account
            })
            .await?;
        for person in possible {
            if taken.contains(&person.id) {
                continue;
            }
            if self.now(&person).await?["primary"].is_null() {
                self.choose_primary(&person, from).await?;
            }
            let now = self.now(&person).await?;
            if now["syncs"][to]["action"] == action && now["syncs"][to]["status"] == "not_synced" {
                taken.push(person.id.clone());
                return Ok(person);
            }
        }
        Err(Trouble(format!("nobody fits {cell:?}")))
    }

    /// Presses the button of a sync and waits for its dialog.
    pub(crate) async fn open_sync(&self, person: &Person, to: &str, status: &str) -> Result<Wanted> {
        let page = self.page()?;
        self.find(person).await?;
        page.click(&self.pill(person, to, status)).await?;
        let dialog = dialog(&exactly(&person.name));
        page.see(&dialog).await?;
        page.see_text("What will happen|Who sees it|needs|cannot").await?;
        Ok(dialog)
    }

    /// Answers the questions of a dialog that asks some: the first choice of each.
    pub(crate) async fn answer_questions(&self) -> Result<()> {
        let page = self.page()?;
        for question in page.names(&element("group", "[?]$")).await? {
            let group = element("group", &exactly(&question));
            let choices = page.names(&element("radio", "").within(group.clone())).await?;
            let first = choices.first().ok_or_else(|| Trouble(format!("“{question}” offers nothing to choose")))?;
            page.click(&element("radio", &format!("^{}$", exactly(first))).within(group)).await?;
        }
        Ok(())
    }
}

/// One cell of the product's table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) has_account: bool,
    pub(crate) action: &'static str,
}

/// The cells in which something begins; the eighth, Zoom without an account, is not possible.
pub(crate) const CELLS: [Cell; 7] = [
    Cell { from: "slack", to: "webex", has_account: true, action: "prompt" },
    Cell { from: "slack", to: "webex", has_account: false, action: "create_bot" },
    Cell { from: "webex", to: "slack", has_account: true, action: "create_bot" },
    Cell { from: "teams", to: "slack", has_account: false, action: "create_bot" },
    Cell { from: "slack", to: "teams", has_account: true, action: "prompt" },
    Cell { from: "slack", to: "teams", has_account: false, action: "invite_guest" },
    Cell { from: "webex", to: "zoom", has_account: true, action: "prompt" },
];
