//! The errors that a server may answer with, as frames of our making. Never decides when one is sent.

use super::body::{self, Runs};
use super::frame::{Frame, opcode};

/// `LOCAL_QUORUM`, as errors name it.
const LOCAL_QUORUM: u16 = 0x0006;

/// An error of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Anything at all: a bug of the server.
    ServerError,
    /// Too few replicas are alive; nothing was written.
    Unavailable,
    /// The coordinator refuses to do more.
    Overloaded,
    /// The coordinator is starting.
    IsBootstrapping,
    /// Too few replicas answered in time: it may be stored.
    WriteTimeout,
    /// As `WriteTimeout`, of a batch that was not logged.
    BatchTimeout,
    /// As `WriteTimeout`, of a compare and set.
    CasTimeout,
    /// A replica failed while writing: it may be stored.
    WriteFailure,
    /// Too few replicas answered in time.
    ReadTimeout,
    /// A replica failed while reading, over tombstones for one.
    ReadFailure,
    /// The server has forgotten the statement.
    Unprepared,
}

impl Fault {
    /// The answer to a request.
    pub fn answer(self, request: &Frame) -> Frame {
        let mut body = Vec::new();
        body.extend(self.code().to_be_bytes());
        body::put_string(&mut body, "injected by the proxy of the tests");
        match self {
            Self::ServerError | Self::Overloaded | Self::IsBootstrapping => {}
            Self::Unavailable => quorum(&mut body, 2, 1),
            Self::WriteTimeout => written(&mut body, &[], "SIMPLE"),
            Self::BatchTimeout => written(&mut body, &[], "UNLOGGED_BATCH"),
            Self::CasTimeout => written(&mut body, &[], "CAS"),
            Self::WriteFailure => written(&mut body, &1_i32.to_be_bytes(), "SIMPLE"),
            Self::ReadTimeout => {
                quorum(&mut body, 1, 2);
                body.push(0);
            }
            Self::ReadFailure => {
                quorum(&mut body, 1, 2);
                body.extend(1_i32.to_be_bytes());
                body.push(0);
            }
            Self::Unprepared => body::put_short_bytes(&mut body, &id(request)),
        }
        Frame::answer(request.stream, opcode::ERROR, body)
    }

    fn code(self) -> i32 {
        match self {
            Self::ServerError => 0x0000,
            Self::Unavailable => 0x1000,
            Self::Overloaded => 0x1001,
            Self::IsBootstrapping => 0x1002,
            Self::WriteTimeout | Self::BatchTimeout | Self::CasTimeout => 0x1100,
            Self::ReadTimeout => 0x1200,
            Self::ReadFailure => 0x1300,
            Self::WriteFailure => 0x1500,
            Self::Unprepared => 0x2500,
        }
    }
}

/// What a driver is told that asks for compressed frames.
pub fn no_compression(startup: &Frame) -> Frame {
    let mut body = 0x000a_i32.to_be_bytes().to_vec();
    body::put_string(&mut body, "the proxy of the tests reads no compressed frames");
    Frame::answer(startup.stream, opcode::ERROR, body)
}

fn quorum(body: &mut Vec<u8>, first: i32, second: i32) {
    body.extend(LOCAL_QUORUM.to_be_bytes());
    body.extend(first.to_be_bytes());
    body.extend(second.to_be_bytes());
}

fn written(body: &mut Vec<u8>, failures: &[u8], kind: &str) {
    quorum(body, 1, 2);
    body.extend_from_slice(failures);
    body::put_string(body, kind);
}

fn id(request: &Frame) -> Vec<u8> {
    let first = body::runs(request).into_iter().next();
    match first {
        Some(Runs::Prepared(id)) => id.to_vec(),
        _ => Vec::new(),
    }
}
