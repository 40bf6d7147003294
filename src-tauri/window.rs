//! The main window: made in the colour of the system's theme and shown when its page is drawn, so that nothing flashes.

use tauri::webview::{PageLoadEvent, WebviewWindowBuilder};
use tauri::window::Color;
use tauri::{App, Manager, Theme, Webview, WebviewUrl};

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
        .build()?;
    let colour = if window.theme()? == Theme::Dark { DARK } else { LIGHT };
    window.set_background_color(Some(colour))
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
