//! A mail server of a few lines: speaks enough SMTP, keeps what it gets, and refuses or hangs when told to.

use std::sync::{Arc, Mutex};

use mail_parser::MessageParser;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::app::HANG;

/// What it says to `MAIL FROM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// "Try again", "never", or "who are you": each repeats the address, as real ones do.
    Answers(&'static str),
    /// Nothing, for ever.
    Hangs,
}

/// A mail as it arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub to: String,
    pub raw: Vec<u8>,
}

/// A mail as a person reads it.
#[derive(Clone, Debug)]
pub struct Read {
    pub from: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Arrived {
    pub fn read(&self) -> Read {
        read(&self.raw)
    }
}

pub fn read(raw: &[u8]) -> Read {
    let message = MessageParser::default().parse(raw).expect("a mail");
    let from = message.from().and_then(|from| from.first()).expect("a sender");
    Read {
        from: format!("{} <{}>", from.name().unwrap_or_default(), from.address().unwrap_or_default()),
        subject: message.subject().expect("a subject").to_owned(),
        text: message.body_text(0).expect("text").into_owned().replace("\r\n", "\n"),
        html: message.body_html(0).expect("HTML").into_owned().replace("\r\n", "\n"),
    }
}

#[derive(Clone)]
pub struct MailServer {
    pub url: String,
    manner: Arc<Mutex<Manner>>,
    /// What it offers besides the usual.
    offers: Arc<Mutex<&'static str>>,
    mails: Arc<watch::Sender<Vec<Arrived>>>,
    tries: Arc<watch::Sender<usize>>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self {
            url: format!("smtp://user:a%20secret@{}", listener.local_addr().expect("an address")),
            manner: Arc::new(Mutex::new(Manner::Takes)),
            offers: Arc::new(Mutex::new("SMTPUTF8")),
            mails: Arc::new(watch::channel(Vec::new()).0),
            tries: Arc::new(watch::channel(0).0),
        };
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let this = this.clone();
                // A client that goes in the middle is the client's business.
                tokio::spawn(async move { this.converse(stream).await });
            }
        });
        server
    }

    pub fn set(&self, manner: Manner) {
        *self.manner.lock().expect("no panic") = manner;
    }

    /// As many servers are: it offers no SMTPUTF8.
    pub fn offer_plain_addresses_only(&self) {
        *self.offers.lock().expect("no panic") = "HELP";
    }

    pub fn mails(&self) -> Vec<Arrived> {
        self.mails.borrow().clone()
    }

    /// Waits for so many mails.
    pub async fn wait_for(&self, count: usize) -> Vec<Arrived> {
        let mut mails = self.mails.subscribe();
        let there = mails.wait_for(|mails| mails.len() >= count);
        tokio::time::timeout(HANG, there).await.expect("in time").expect("the server").clone()
    }

    /// Waits for so many tries.
    pub async fn wait_for_tries(&self, count: usize) {
        let mut tries = self.tries.subscribe();
        let there = tries.wait_for(|tries| *tries >= count);
        tokio::time::timeout(HANG, there).await.expect("in time").expect("the server");
    }

    async fn converse(&self, stream: TcpStream) -> Option<()> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let mut to = String::new();
        writer.write_all(b"220 test\r\n").await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let answer = match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => {
                    let offers = *self.offers.lock().expect("no panic");
                    format!("250-test\r\n250-AUTH PLAIN\r\n250-8BITMIME\r\n250 {offers}")
                }
                "AUTH" => "235 welcome".into(),
                "MAIL" => {
                    self.tries.send_modify(|tries| *tries += 1);
                    let manner = *self.manner.lock().expect("no panic");
                    match manner {
                        Manner::Takes => "250 ok".into(),
                        Manner::Answers(words) => words.into(),
                        Manner::Hangs => std::future::pending().await,
                    }
                }
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    "250 ok".into()
                }
                "DATA" => {
                    writer.write_all(b"354 go on\r\n").await.ok()?;
                    let mut raw = Vec::new();
                    while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                        raw.extend_from_slice(line.strip_prefix('.').unwrap_or(&line).as_bytes());
                        raw.extend_from_slice(b"\r\n");
                    }
                    self.mails.send_modify(|mails| mails.push(Arrived { to: to.clone(), raw }));
                    "250 taken".into()
                }
                "QUIT" => "221 bye".into(),
                _ => "502 what".into(),
            };
            writer.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
        }
        Some(())
    }
}
