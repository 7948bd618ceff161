//! Who may hold a connection, and for how long: a limit of all and one of each address, and an end for who takes nothing
//! of an answer. Server side.
//!
//! Where a limit is reached, the connection that has waited longest for a request gives way, so whoever opens many and
//! says nothing keeps no one out. One that is at work never gives way. How long a request may take to arrive is hyper's
//! part (`serve/listen.rs`).

mod open_files;
mod seats;
mod stream;
mod work;

use std::{
    future::{Ready, ready},
    io,
    sync::Arc,
};

use axum_server::accept::Accept;
use tokio::net::TcpStream;

pub use self::{
    open_files::{ask_for_open_files, fitting, open_files},
    seats::Door,
    stream::Connection,
    work::Guest,
};

impl<S> Accept<TcpStream, S> for Door {
    type Stream = Connection;
    type Service = Guest<S>;
    type Future = Ready<io::Result<(Connection, Guest<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.let_in(stream, service))
    }
}

impl Door {
    fn let_in<S>(&self, stream: TcpStream, service: S) -> io::Result<(Connection, Guest<S>)> {
        // A page in two writes must not wait for the reader's word on the first: that costs 40 ms on a connection in use.
        stream.set_nodelay(true)?;
        let peer = stream.peer_addr()?.ip().to_canonical();
        let (seat, stays) = self.admit(peer).ok_or(io::ErrorKind::QuotaExceeded)?;
        let seat = Arc::new(seat);
        Ok((Connection::new(stream, Arc::clone(&seat), stays), Guest::new(service, seat)))
    }
}
