//! What the port takes and what it does not: the judgement as a table, and the port itself over real connections.

use super::*;
use crate::clock::SystemClock;
use crate::signin::tests::say;

const STATE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const EXPECTED: Expected = Expected { path: "/alpha", port: 4711 };

fn judged(head: &str) -> String {
    match judge(&head.replace("STATE", STATE), EXPECTED, &Secret::new(STATE)) {
        Judged::Code(code) => format!("code {}", code.expose()),
        Judged::Declined => "declined".into(),
        Judged::Refused(error) => error.message,
        Judged::Nothing(landing) => format!("{landing:?}"),
    }
}

fn request(line: &str, headers: &str) -> String {
    judged(&format!("{line} HTTP/1.1\r\n{headers}\r\n\r\n"))
}

#[test]
fn only_a_get_on_the_redirects_path_with_our_state_counts() {
    for (line, expected) in [
        ("GET /alpha?code=c-1&state=STATE", "code c-1"),
        ("GET /alpha?state=STATE&code=c%2F1+x&session_state=9", "code c/1 x"),
        ("GET /alpha?error=access_denied&state=STATE", "declined"),
        ("GET /alpha?error=access_denied&code=c-1&state=STATE", "declined"),
        ("GET /alpha?error=invalid_scope&state=STATE", "The platform did not allow the sign-in (invalid_scope)."),
        ("GET /alpha?code=c-1&state=guessed", "OtherSignIn"),
        ("GET /alpha?code=c-1", "OtherSignIn"),
        ("GET /alpha?code=&state=STATE", "OtherSignIn"),
        ("GET /alpha?state=STATE", "OtherSignIn"),
        ("GET /alpha?code=c-1&code=c-2&state=STATE", "OtherSignIn"),
        ("GET /alpha?code=c-1&state=STATE&state=other", "OtherSignIn"),
        ("GET /alpha?code=c-1&state=other&state=STATE", "OtherSignIn"),
        ("GET /alpha?error=a&error=access_denied&state=STATE", "OtherSignIn"),
        ("GET /alpha#code=c-1&state=STATE", "NotHere"),
        ("GET /alpha/?code=c-1&state=STATE", "NotHere"),
        ("GET /favicon.ico", "NotHere"),
        ("GET http://localhost:4711/alpha?code=c-1&state=STATE", "NotHere"),
        ("HEAD /alpha?code=c-1&state=STATE", "Method"),
        ("POST /alpha?code=c-1&state=STATE", "Method"),
        ("OPTIONS /alpha?code=c-1&state=STATE", "Method"),
        ("get /alpha?code=c-1&state=STATE", "Method"),
        ("", "Method"),
    ] {
        assert_eq!(request(line, "Host: localhost:4711"), expected, "{line}");
    }
}

#[test]
fn a_name_that_was_made_to_lead_here_is_refused() {
    let line = "GET /alpha?code=c-1&state=STATE";
    for (headers, expected) in [
        ("Host: localhost:4711", "code c-1"),
        ("host:127.0.0.1:4711", "code c-1"),
        ("Host: [::1]:4711", "code c-1"),
        ("HOST: LocalHost:4711", "code c-1"),
        ("Host: evil.example:4711", "OtherName"),
        ("Host: localhost.evil.example:4711", "OtherName"),
        ("Host: localhost:4712", "OtherName"),
        ("Host: localhost", "OtherName"),
        ("Host: localhost:4711\r\nHost: evil.example", "OtherName"),
        ("Accept: text/html", "OtherName"),
    ] {
        assert_eq!(request(line, headers), expected, "{headers}");
    }
}

#[test]
fn a_page_that_is_loaded_ahead_ends_nothing() {
    for (header, expected) in [
        ("Sec-Purpose: prefetch", "Ahead"),
        ("sec-purpose: prefetch;prerender", "Ahead"),
        ("Purpose: prefetch", "Ahead"),
        ("X-Moz: prefetch", "Ahead"),
        ("X-Purpose: preview", "Ahead"),
        ("Sec-Fetch-Dest: document", "code c-1"),
    ] {
        assert_eq!(request("GET /alpha?code=c-1&state=STATE", &format!("Host: localhost:4711\r\n{header}")), expected, "{header}");
    }
}

async fn listening(path: &'static str) -> (Loopback, u16) {
    let listening = Loopback::bind(&Redirect { host: "127.0.0.1", ports: Ports::Any, path }).await.unwrap();
    let port = url::Url::parse(listening.redirect_uri()).unwrap().port().unwrap();
    (listening, port)
}

#[tokio::test]
async fn the_page_names_the_platform_and_nothing_that_came_in_the_address() {
    for (query, words, ends) in [
        ("code=c-1&state=state", "You are signed in to Alpha", true),
        ("error=access_denied&error_description=planted&state=state", "You did not allow Alpha", true),
        ("error=planted&state=state", "Signing in to Alpha did not work", true),
        ("code=c-1&state=planted", "This is another sign-in", false),
    ] {
        let (loopback, port) = listening("/alpha").await;
        let state = Secret::new("state");
        let mut answering = Box::pin(loopback.answer(&state, "Alpha", &SystemClock));
        let request = format!("GET /alpha?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        let mut asking = Box::pin(say(("127.0.0.1", port), &request));
        let page = tokio::select! {
            biased;
            page = &mut asking => page,
            answer = &mut answering => {
                assert!(ends, "{query} ended the sign-in: {answer:?}");
                asking.await
            }
        };
        assert!(page.contains(words), "{page}");
        assert!(!page.contains("planted") && !page.contains("c-1"), "the page repeats what came in the address");
    }
}

/// Nobody's patience ends here.
struct Never;

#[async_trait::async_trait]
impl Clock for Never {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    async fn wait(&self, _: Duration) {
        std::future::pending().await
    }
}

/// Waits for the port, and not for ever.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("the port does not answer")
}

#[tokio::test]
async fn a_head_without_an_end_is_refused_and_the_port_lives_on() {
    let (loopback, port) = listening("/alpha").await;
    let state = Secret::new("state");
    let asking = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let line = [b'a'; 1024];
        let mut written = 0;
        // The other side stops reading and says so; then writing fails sooner or later.
        while written <= 2 * HEAD_LIMIT && stream.write_all(&line).await.is_ok() {
            written += line.len();
        }
        let mut head = [0; 12];
        let refused = soon(stream.read_exact(&mut head)).await.is_err() || &head == b"HTTP/1.1 431";
        assert!(refused, "{}", String::from_utf8_lossy(&head));
        say(("127.0.0.1", port), &format!("GET /alpha?code=c-1&state=state HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")).await
    };
    let (answer, page) = futures::join!(loopback.answer(&state, "Alpha", &Never), asking);
    assert_eq!(answer.unwrap().expose(), "c-1");
    assert!(page.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn any_number_of_silent_connections_keeps_nobody_out() {
    let (loopback, port) = listening("/alpha").await;
    let state = Secret::new("state");
    let asking = async {
        let mut silent = Vec::new();
        for _ in 0..AT_ONCE + 5 {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            stream.write_all(b"GET /alpha?code=").await.unwrap();
            silent.push(stream);
        }
        // The oldest were let go: nobody listens to more than so many.
        let mut nothing = Vec::new();
        let first = soon(silent.first_mut().unwrap().read_to_end(&mut nothing)).await;
        assert!(nothing.is_empty() && (first.is_err() || first.is_ok_and(|count| count == 0)));
        say(("127.0.0.1", port), &format!("GET /alpha?code=c-1&state=state HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")).await
    };
    let (answer, page) = futures::join!(loopback.answer(&state, "Alpha", &Never), asking);
    assert_eq!(answer.unwrap().expose(), "c-1");
    assert!(page.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn there_is_one_answer_and_then_the_port_is_free() {
    let (loopback, port) = listening("/alpha").await;
    let state = Secret::new("state");
    let request = format!("GET /alpha?code=c-1&state=state HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let (answer, _) = futures::join!(loopback.answer(&state, "Alpha", &SystemClock), say(("127.0.0.1", port), &request));
    assert_eq!(answer.unwrap().expose(), "c-1");
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert!(bind_both("127.0.0.1", port).await.is_some(), "the port is not free");
}
