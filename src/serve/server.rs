//! The page and what it shows, over HTTP.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{Html, Response, Sse};
use axum::routing::get;
use rand::RngExt;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;
use tower_http::services::ServeDir;

use super::drawing::Drawing;
use super::snapshot::Observer;
use crate::report::COLOURS;
use crate::store::Store;

/// How often the store is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port is taken, or not for everybody.
    #[error("cannot listen on port {port} of this machine: {error}; `--port 0` takes any free one")]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        error: std::io::Error,
    },
    /// Threads or temporary folders cannot be had.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

/// Listens on the loopback interface.
pub struct Server {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    /// Without it nothing is shown: other users of this machine reach its ports, too.
    token: String,
}

impl Server {
    /// Takes a port of 127.0.0.1, or any free one where it is 0.
    ///
    /// # Errors
    /// The port cannot be had.
    pub fn bind(port: u16) -> Result<Self, ServeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, port)));
        let listener = listener.map_err(|error| ServeError::Listen { port, error })?;
        let address = listener.local_addr()?;
        let token = format!("{:032x}", rand::rng().random::<u128>());
        Ok(Self { runtime, listener, address, token })
    }

    /// Where the page is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/{}/", self.address, self.token)
    }

    /// Serves a store, or one sweep of it, until something is received or can no longer be.
    ///
    /// # Errors
    /// No temporary folder can be made.
    pub fn serve(self, store: &Store, sweep: Option<&str>, stop: &Receiver<()>) -> Result<(), ServeError> {
        let folder = tempfile::tempdir()?;
        let (sender, receiver) = watch::channel(String::new());
        let drawing = Drawing::new(store, sweep, folder.path());
        let stopped = AtomicBool::new(false);
        let until_stopped = |work: &mut dyn FnMut()| {
            while !stopped.load(Ordering::Relaxed) {
                work();
                std::thread::park_timeout(LOOK);
            }
        };
        self.runtime
            .spawn(axum::serve(self.listener, pages(&self.token, folder.path(), receiver)).into_future());
        std::thread::scope(|scope| {
            let looking = scope.spawn(|| {
                let mut observer = Observer::new(store, sweep);
                until_stopped(&mut || tell(&sender, &mut observer, &drawing));
            });
            let drawing = scope.spawn(|| until_stopped(&mut || drawing.renew()));
            stop.recv().ok();
            stopped.store(true, Ordering::Relaxed);
            [looking, drawing].iter().for_each(|thread| thread.thread().unpark());
        });
        self.runtime.shutdown_background();
        Ok(())
    }
}

/// Sends what the store shows now to all pages that are open, where that is new.
fn tell(sender: &watch::Sender<String>, observer: &mut Observer<'_>, drawing: &Drawing<'_>) {
    let now = match observer.look(drawing.drawn()) {
        Ok(snapshot) => serde_json::to_string(&snapshot).unwrap_or_default(),
        Err(error) => serde_json::json!({ "error": error.to_string() }).to_string(),
    };
    sender.send_if_modified(|last| {
        let is_new = *last != now;
        *last = now;
        is_new
    });
}

fn pages(token: &str, report: &std::path::Path, snapshots: watch::Receiver<String>) -> Router {
    let events = move || async move {
        let events = WatchStream::new(snapshots).filter(|snapshot| !snapshot.is_empty());
        Sse::new(events.map(|snapshot| Ok::<_, Infallible>(Event::default().data(snapshot))))
            .keep_alive(KeepAlive::default())
    };
    Router::new()
        .route(&format!("/{token}/"), get(page))
        .route(&format!("/{token}/events"), get(events))
        .nest_service(&format!("/{token}/report"), ServeDir::new(report))
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "There is nothing here: the address that `anolab serve` printed is needed.\n",
            )
        })
        .layer(axum::middleware::map_response(guarded))
}

async fn page() -> ([(header::HeaderName, &'static str); 1], Html<String>) {
    let policy = "default-src 'none'; connect-src 'self'; img-src data:; \
                  style-src 'unsafe-inline'; script-src 'unsafe-inline'";
    let page = include_str!("page.html");
    let page = page
        .replace("/* style */", &format!("{COLOURS}{}", include_str!("page.css")))
        .replace("/* script */", include_str!("page.js"));
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(page))
}

/// The address is a secret: nothing keeps it or passes it on.
async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
