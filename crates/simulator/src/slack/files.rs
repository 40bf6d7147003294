//! Uploads: an address for the bytes, the bytes, and the completion that shares the file.

use serde_json::{Value, json};

use super::messages::{put, resolve};
use super::methods::{Call, Outcome};
use super::state::{File, Message};
use super::wire::Trouble;
use crate::http::{Answer, Context};
use crate::{ALPHANUMERIC, CAPITALS, Simulator};

/// Where bytes are sent to.
pub(super) const FILE_HOST: &str = "files.slack.com";
/// The largest file (1 GB).
const LARGEST: usize = 1_000_000_000;

pub(super) fn upload_url(call: &Call<'_>) -> Outcome {
    let name = call.args.needed("filename")?.to_owned();
    let length: usize = call.args.needed("length")?.parse().map_err(|_| Trouble::argument("must be an integer", "length"))?;
    if length == 0 || length > LARGEST {
        return Err(Trouble::of("file_upload_size_restricted"));
    }
    let owner = call.speaker()?;
    let id = format!("F0{}", call.sim.random_text(CAPITALS, 9));
    let secret = call.sim.secret(call.sim.random_text(ALPHANUMERIC, 40));
    let upload_url = call.context.absolute(FILE_HOST, &format!("/upload/v1/{id}-{secret}"));
    call.sim.slack().files.insert(format!("{id}-{secret}"), File { owner, name, length, uploaded: false, completed: false });
    Ok(json!({ "upload_url": upload_url, "file_id": id }))
}

/// The bytes themselves, raw or as a form; no token is needed, the address is the secret.
pub(super) fn upload(sim: &Simulator, context: &Context) -> Answer {
    let mut state = sim.slack();
    let key = context.path.trim_start_matches("/upload/v1/");
    let Some(file) = state.files.get_mut(key).filter(|file| !file.uploaded) else { return Answer::text(404, "no such upload".to_owned()) };
    let multipart = context.content_type().as_deref() == Some("multipart/form-data");
    if !multipart && context.body.len() != file.length {
        return Answer::text(400, format!("{} bytes were announced, {} came", file.length, context.body.len()));
    }
    file.uploaded = true;
    Answer::text(200, format!("OK - {}", file.length))
}

pub(super) fn complete(call: &Call<'_>) -> Outcome {
    let files = call.args.structure("files", "invalid_arguments")?.ok_or_else(|| Trouble::argument("missing required field", "files"))?;
    let files = files.as_array().filter(|files| !files.is_empty()).ok_or_else(|| Trouble::argument("must be a list", "files"))?;
    let speaker = call.speaker()?;
    if call.args.text("username").is_some() {
        call.needs_scope("chat:write.customize")?;
    }
    let channel = match call.args.text("channel_id") {
        Some(channel) => Some(resolve(call.sim, channel, &speaker, call.context.now)?),
        None => None,
    };
    let mut state = call.sim.slack();
    let mut shown = Vec::new();
    for wanted in files {
        let id = wanted["id"].as_str().unwrap_or_default().to_owned();
        let found = state
            .files
            .iter_mut()
            .find(|(key, file)| key.split('-').next() == Some(&id) && file.owner == speaker && file.uploaded && !file.completed);
        let (_, file) = found.ok_or_else(|| Trouble::of("file_not_found"))?;
        file.completed = true;
        let title = wanted["title"].as_str().unwrap_or(&file.name).to_owned();
        shown.push(json!({ "id": id, "title": title, "created": call.context.now.as_second(), "user": speaker }));
    }
    let Some(channel) = channel else { return Ok(json!({ "files": shown })) };
    let ts = state.next_ts(call.context.now);
    let app = state.app_of_bot(&speaker).map(|app| app.id.clone());
    drop(state);
    let text = call.args.text("initial_comment").unwrap_or_default().to_owned();
    let thread = call.args.text("thread_ts").map(str::to_owned);
    let username = call.args.text("username").map(str::to_owned);
    put(call.sim, &channel, Message { app, username, files: shown.clone(), ..Message::plain(ts, speaker, text, thread) });
    Ok(json!({ "files": Value::from(shown) }))
}
