//! The page on which the admin's browser ends. It says what became of the sign-in and nothing that came in the address;
//! it runs nothing and loads nothing.

/// What the browser is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Landing {
    /// The answer is here.
    SignedIn,
    /// The admin said no.
    Declined,
    /// The platform said no.
    Refused,
    /// Another page's answer, or an old one.
    OtherSignIn,
    /// Loaded ahead by the browser: not an answer yet.
    Ahead,
    /// Nothing is here.
    NotHere,
    /// A method other than GET.
    Method,
    /// Asked for under another name than the redirect's.
    OtherName,
    /// A head that never ends.
    TooLong,
}

impl Landing {
    /// The whole HTTP answer.
    pub(super) fn answer(self, platform: &str) -> String {
        let (status, title, text) = self.words(platform);
        let body = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title} · User Sync</title><style>{STYLE}</style></head>\
             <body><main><p class=\"app\">User Sync</p><h1>{title}</h1><p>{text}</p></main></body></html>"
        );
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n{}\
             Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'\r\n\r\n{body}",
            body.len(),
            if self == Self::Method { "Allow: GET\r\n" } else { "" },
        )
    }

    fn words(self, platform: &str) -> (&'static str, String, &'static str) {
        const ONLY_THE_END: &str = "This address takes the end of a sign-in only.";
        match self {
            Self::SignedIn => (
                "200 OK",
                format!("You are signed in to {platform}"),
                "You can close this page. User Sync goes on with connecting by itself.",
            ),
            Self::Declined => (
                "200 OK",
                format!("You did not allow {platform}"),
                "Nothing was connected. You can close this page and start again in User Sync whenever you like.",
            ),
            Self::Refused => {
                ("200 OK", format!("Signing in to {platform} did not work"), "User Sync says why, and what to do. You can close this page.")
            }
            Self::OtherSignIn => (
                "400 Bad Request",
                "This is another sign-in".to_owned(),
                "This page does not belong to the sign-in that User Sync is waiting for. Go on with the page that User Sync opened last.",
            ),
            Self::Ahead => ("503 Service Unavailable", "Not loaded ahead".to_owned(), "Open this page again to finish the sign-in."),
            Self::NotHere => ("404 Not Found", "Nothing is here".to_owned(), ONLY_THE_END),
            Self::Method => ("405 Method Not Allowed", "Nothing is here".to_owned(), ONLY_THE_END),
            Self::OtherName => ("421 Misdirected Request", "Nothing is here".to_owned(), ONLY_THE_END),
            Self::TooLong => ("431 Request Header Fields Too Large", "Too long".to_owned(), ONLY_THE_END),
        }
    }
}

const STYLE: &str = ":root{color-scheme:light dark}\
body{margin:0;min-height:100vh;display:grid;place-items:center;font:1.05rem/1.55 system-ui,sans-serif;background:Canvas;color:CanvasText}\
main{box-sizing:border-box;max-width:34rem;padding:2rem 1.5rem}\
h1{margin:.25rem 0 .75rem;font-size:1.7rem;line-height:1.25}p{margin:0}.app{opacity:.7;font-size:.95rem}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_whole_runs_nothing_and_loads_nothing() {
        for landing in [
            Landing::SignedIn,
            Landing::Declined,
            Landing::Refused,
            Landing::OtherSignIn,
            Landing::Ahead,
            Landing::NotHere,
            Landing::Method,
            Landing::OtherName,
            Landing::TooLong,
        ] {
            let answer = landing.answer("Alpha");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
            assert!(["default-src 'none'", "no-store", "no-referrer", "nosniff"].iter().all(|word| head.contains(word)), "{head}");
            assert!(!body.contains("<script") && !body.contains("src=") && !body.contains("href=") && !body.contains("url("), "{body}");
            assert_eq!(head.contains("Allow: GET"), landing == Landing::Method);
        }
        assert!(Landing::SignedIn.answer("Alpha").contains("<h1>You are signed in to Alpha</h1>"));
    }
}
