//! axe-core in the real web view: what a page or dialog offers to people who cannot see it or use no mouse.

use std::path::Path;

use serde_json::Value;

use super::page::Page;
use super::{Result, Trouble, ensure};

/// Where npm puts it, seen from the folder of the tests.
const AXE: &str = "../ui/node_modules/axe-core/axe.min.js";
const RUN: &str = "\
    const wanted = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
    axe.run(document, wanted).then(
        (found) => done({ violations: found.violations.map((one) => ({ id: one.id, impact: one.impact, help: one.help,
            nodes: one.nodes.slice(0, 4).map((node) => node.target.join(' ') + ' ' + node.html.slice(0, 200) + ' ' + node.failureSummary) })), passes: found.passes.length }),
        (error) => done({ error: String(error) }),
    );";

impl Page {
    /// Nothing serious or critical may be found on what the window shows now.
    pub async fn is_accessible(&self, place: &str) -> Result<()> {
        if self.script("return typeof axe === 'undefined';", Vec::new()).await? == Value::Bool(true) {
            let folder =
                std::env::var_os("CARGO_MANIFEST_DIR").ok_or_else(|| Trouble("start the tests of the window with cargo".to_owned()))?;
            let file = Path::new(&folder).join(AXE);
            let axe =
                std::fs::read_to_string(&file).map_err(|error| Trouble(format!("{}: {error}; run `cargo xtask setup`", file.display())))?;
            self.client.execute(&axe, Vec::new()).await?;
        }
        let found = self.waiting_script(RUN, Vec::new()).await?;
        ensure(found.get("error").is_none(), || format!("axe could not look at {place}: {}", found["error"]))?;
        ensure(found["passes"].as_u64() > Some(0), || format!("axe found nothing to judge at {place}"))?;
        let serious = |one: &&Value| matches!(one["impact"].as_str(), Some("serious" | "critical"));
        let serious: Vec<String> = found["violations"].as_array().into_iter().flatten().filter(serious).map(Value::to_string).collect();
        ensure(serious.is_empty(), || format!("{place} is not accessible:\n{}", serious.join("\n")))
    }
}
