//! What the window shows, found as a user of a screen reader finds it: by role and name, and only what can be reached now.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;

use fantoccini::Client;
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use serde_json::{Value, json};

use super::desktop::Surroundings;
use super::{PATIENCE, Result, Trouble, until};

/// Finds elements and names them; see the file.
const FINDER: &str = include_str!("finder.js");
/// The member by which WebDriver names an element.
const REFERENCE: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    role: String,
    name: String,
    within: Option<Box<Wanted>>,
}

/// An element by its role and a regular expression for its name.
pub fn element(role: &str, name: &str) -> Wanted {
    Wanted { role: role.to_owned(), name: name.to_owned(), within: None }
}

/// A dialog by its title.
pub fn dialog(name: &str) -> Wanted {
    element("dialog", name)
}

impl Wanted {
    /// Only inside another element.
    pub fn within(self, outer: Wanted) -> Self {
        Self { within: Some(Box::new(outer)), ..self }
    }

    fn json(&self) -> Value {
        json!({ "role": self.role, "name": self.name, "within": self.within.as_ref().map(|outer| outer.json()) })
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} “{}”", self.role, self.name)?;
        if let Some(outer) = &self.within {
            write!(formatter, " in {outer}")?;
        }
        Ok(())
    }
}

/// The page of one window.
#[derive(Clone)]
pub struct Page {
    pub(super) client: Client,
    pub(super) surroundings: Surroundings,
}

impl Page {
    pub(super) fn new(client: Client, surroundings: Surroundings) -> Self {
        Self { client, surroundings }
    }

    /// Runs a script; `arguments` and `return` as in a function, with `finder` at hand.
    pub async fn script(&self, body: &str, arguments: Vec<Value>) -> Result<Value> {
        self.in_time("a script", self.client.execute(&format!("{FINDER}\n{body}"), arguments)).await
    }

    /// Runs a script that may wait: `done` takes its answer.
    pub async fn waiting_script(&self, body: &str, arguments: Vec<Value>) -> Result<Value> {
        let script = format!("const done = arguments[arguments.length - 1];\n{body}");
        self.in_time("a script that waits", self.client.execute_async(&script, arguments)).await
    }

    /// A page that is stuck must not hold up the test.
    async fn in_time<T>(&self, what: &str, command: impl Future<Output = std::result::Result<T, CmdError>>) -> Result<T> {
        match tokio::time::timeout(2 * PATIENCE, command).await {
            Ok(outcome) => Ok(outcome?),
            Err(_) => Err(Trouble(format!("the page is stuck: {what} does not end"))),
        }
    }

    /// Asks the back end past the page, for facts that a test needs and an admin sees elsewhere.
    pub async fn ask(&self, command: &str, arguments: Value) -> Result<Value> {
        let body =
            "window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then((data) => done({ data }), (error) => done({ error }));";
        let answer = self.waiting_script(body, vec![command.into(), arguments]).await?;
        match answer.get("error") {
            None => Ok(answer["data"].clone()),
            Some(error) => Err(Trouble(format!("{command} was refused: {error}"))),
        }
    }

    /// The element, when it can be reached now.
    pub async fn look(&self, wanted: &Wanted) -> Result<Option<Element>> {
        self.pick("find", wanted).await
    }

    async fn pick(&self, how: &str, wanted: &Wanted) -> Result<Option<Element>> {
        let found = self.script(&format!("return finder.{how}(arguments[0]);"), vec![wanted.json()]).await?;
        let reference = found.get(REFERENCE).and_then(Value::as_str);
        Ok(reference.map(|id| Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned()))))
    }

    /// Waits for the element; what the page shows instead is part of the failure.
    pub async fn see(&self, wanted: &Wanted) -> Result<Element> {
        match until(&wanted.to_string(), || self.look(wanted)).await {
            Ok(found) => Ok(found),
            Err(Trouble(reason)) => Err(Trouble(format!("{reason}; the page shows:\n{}", self.outline().await?))),
        }
    }

    /// Waits until the element cannot be reached any more.
    pub async fn see_gone(&self, wanted: &Wanted) -> Result<()> {
        let gone = || async { Ok(self.look(wanted).await?.is_none().then_some(())) };
        match until(&format!("{wanted} to go"), gone).await {
            Ok(()) => Ok(()),
            Err(Trouble(reason)) => Err(Trouble(format!("{reason}; the page shows:\n{}", self.outline().await?))),
        }
    }

    /// Whether it is there without waiting.
    pub async fn shows(&self, wanted: &Wanted) -> Result<bool> {
        Ok(self.look(wanted).await?.is_some())
    }

    /// The names of all elements of a role whose name fits, in the order of the page.
    pub async fn names(&self, wanted: &Wanted) -> Result<Vec<String>> {
        let names = self.script("return finder.all(arguments[0]).map(finder.nameOf);", vec![wanted.json()]).await?;
        Ok(names.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Waits for a text anywhere on what can be reached.
    pub async fn see_text(&self, pattern: &str) -> Result<String> {
        let look = || async {
            let found = self.script("return finder.text(arguments[0]);", vec![pattern.into()]).await?;
            Ok(found.as_str().map(str::to_owned))
        };
        match until(&format!("the text “{pattern}”"), look).await {
            Ok(found) => Ok(found),
            Err(Trouble(reason)) => Err(Trouble(format!("{reason}; the page shows:\n{}", self.outline().await?))),
        }
    }

    /// Waits until nothing on the page says that it is still being read.
    pub async fn see_idle(&self) -> Result<()> {
        let idle = || async {
            let busy = self.script("return finder.busy();", Vec::new()).await?;
            Ok((busy == Value::Bool(false)).then_some(()))
        };
        until("the page to be read", idle).await
    }

    /// Clicks, as a mouse does.
    pub async fn click(&self, wanted: &Wanted) -> Result<()> {
        self.see(wanted).await?;
        // The element may be drawn anew, or move, between being found and being clicked: then it is found again.
        let refusal = RefCell::new(String::new());
        let attempt = || async {
            let Some(found) = self.pick("target", wanted).await? else { return Ok(None) };
            match self.in_time("a click", found.click()).await {
                Ok(()) => Ok(Some(())),
                Err(Trouble(reason)) => {
                    *refusal.borrow_mut() = reason;
                    Ok(None)
                }
            }
        };
        let outcome = until(&format!("{wanted} to be clicked"), attempt).await;
        outcome.map_err(|Trouble(reason)| Trouble(format!("{reason}: {}", refusal.take())))
    }

    /// Moves the mouse over an element.
    pub async fn hover(&self, wanted: &Wanted) -> Result<()> {
        let element = self.see(wanted).await?;
        let over = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        self.in_time("moving the mouse", self.client.perform_actions(MouseActions::new("mouse".to_owned()).then(over))).await
    }

    /// Puts text into a field in place of what is there.
    pub async fn fill(&self, wanted: &Wanted, text: &str) -> Result<()> {
        self.click(wanted).await?;
        self.chord(&[Key::Control], 'a').await?;
        if text.is_empty() { self.press(Key::Delete).await } else { self.type_text(text).await }
    }

    /// Types letter by letter to whatever has the focus.
    pub async fn type_text(&self, text: &str) -> Result<()> {
        let keys = text
            .chars()
            .fold(KeyActions::new("keys".to_owned()), |keys, value| keys.then(KeyAction::Down { value }).then(KeyAction::Up { value }));
        self.in_time("pressing keys", self.client.perform_actions(keys)).await
    }

    /// Presses one key.
    pub async fn press(&self, key: Key) -> Result<()> {
        self.chord(&[], key.into()).await
    }

    /// Presses a key while others are held.
    pub async fn chord(&self, held: &[Key], key: char) -> Result<()> {
        let mut keys = KeyActions::new("keys".to_owned());
        for one in held {
            keys = keys.then(KeyAction::Down { value: char::from(*one) });
        }
        keys = keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        for one in held.iter().rev() {
            keys = keys.then(KeyAction::Up { value: char::from(*one) });
        }
        self.in_time("pressing keys", self.client.perform_actions(keys)).await
    }

    /// Role and name of what has the focus.
    pub async fn focus(&self) -> Result<(String, String)> {
        let focus = self.script("return finder.focus();", Vec::new()).await?;
        Ok((text(&focus["role"]), text(&focus["name"])))
    }

    /// Whether such an element has the focus.
    pub async fn focus_fits(&self, role: &str, name: &str) -> Result<bool> {
        Ok(self.script("return finder.hasFocus(arguments[0]);", vec![element(role, name).json()]).await? == Value::Bool(true))
    }

    /// Presses Tab until an element has the focus, at most `most` times.
    pub async fn tab_to(&self, role: &str, name: &str, most: usize) -> Result<()> {
        let mut passed = Vec::new();
        for _ in 0..=most {
            if self.focus_fits(role, name).await? {
                return Ok(());
            }
            passed.push(self.focus().await?);
            self.press(Key::Tab).await?;
        }
        Err(Trouble(format!("Tab does not lead to {role} “{name}”; it led over {passed:?}")))
    }

    /// What can be reached now, one line for each element with a role and a name.
    pub async fn outline(&self) -> Result<String> {
        Ok(text(&self.script("return finder.outline();", Vec::new()).await?))
    }

    /// Makes the page this large.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        let inner = || async {
            let size = self.script("return [innerWidth, innerHeight];", Vec::new()).await?;
            let (inner_width, inner_height) = (size[0].as_u64().unwrap_or_default() as u32, size[1].as_u64().unwrap_or_default() as u32);
            if (inner_width, inner_height) == (width, height) {
                return Ok(Some(()));
            }
            // The frame of the window belongs to the size that was set.
            let (outer_width, outer_height) = self.client.get_window_size().await?;
            let grow = |outer: u64, inner: u32, wanted: u32| (outer as u32 + wanted).saturating_sub(inner);
            self.client.set_window_size(grow(outer_width, inner_width, width), grow(outer_height, inner_height, height)).await?;
            Ok(None)
        };
        until(&format!("a page of {width} × {height}"), inner).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
