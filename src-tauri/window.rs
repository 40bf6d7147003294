//! The main window: made in the colour of the system's theme and shown when its page is drawn, so that nothing flashes.

use tauri::webview::{PageLoadEvent, WebviewWindowBuilder};
use tauri::window::Color;
use tauri::{App, Manager, Theme, Url, Webview, WebviewUrl};

const LABEL: &str = "main";
/// The surface colours of `ui/src/tokens.css`.
const LIGHT: Color = Color(0xff, 0xff, 0xff, 0xff);
const DARK: Color = Color(0x16, 0x18, 0x1d, 0xff);

/// Makes the window, hidden.
pub(crate) fn make(app: &App) -> tauri::Result<()> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("User Sync")
        .inner_size(1280.0, 800.0)
        .min_inner_size(900.0, 600.0)
        .visible(false)
        .on_navigation(is_own_page)
        .build()?;
    let colour = if window.theme()? == Theme::Dark { DARK } else { LIGHT };
    window.set_background_color(Some(colour))
}

/// Only the page that came with the program is ever shown in the window: whatever it is, everything else is opened outside or not
/// at all. The two spellings are those of the systems' web views.
fn is_own_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        "http" | "https" => url.host_str() == Some("tauri.localhost") && url.port().is_none(),
        _ => false,
    }
}

/// Shows the window once its page is there.
pub(crate) fn show_when_drawn(webview: &Webview, event: PageLoadEvent) {
    if event == PageLoadEvent::Finished && webview.label() == LABEL {
        let shown = webview.app_handle().get_webview_window(LABEL).map(|window| window.show());
        if let Some(Err(error)) = shown {
            tracing::warn!("the window could not be shown: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_shows_its_own_page_and_no_other() {
        for (address, own) in [
            ("tauri://localhost", true),
            ("tauri://localhost/index.html#platforms", true),
            ("http://tauri.localhost/", true),
            ("https://tauri.localhost/index.html", true),
            ("http://localhost/", false),
            ("http://tauri.localhost:8080/", false),
            ("https://tauri.localhost.example.com/", false),
            ("https://example.com/", false),
            ("file:///etc/passwd", false),
            ("about:blank", false),
            ("data:text/html,hello", false),
        ] {
            assert_eq!(is_own_page(&Url::parse(address).unwrap()), own, "{address}");
        }
    }

    #[test]
    fn the_window_is_made_in_the_surface_colours_of_the_page() {
        let hex = |Color(red, green, blue, _): Color| format!("#{red:02x}{green:02x}{blue:02x}");
        let surface = format!("--surface: light-dark({}, {});", hex(LIGHT), hex(DARK));
        assert!(include_str!("../ui/src/tokens.css").contains(&surface), "{surface}");
    }
}
