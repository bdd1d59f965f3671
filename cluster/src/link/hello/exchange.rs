//! The three messages of the hello over a wire, each side of it. Bounded in time by whoever calls.

use aws_lc_rs::hmac;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Identity;
use super::{Answer, Challenge, HelloError, Introduction, MAGIC, Said, TlsFault, Transcript, Verdict};
use crate::link::wire::{Connection, Wire, begins_with_tls};
use crate::link::words::{Addressee, Lane, PeerId};

/// The dialer's side.
pub(crate) async fn ask(
    mut wire: Wire,
    identity: &Identity,
    to: Addressee,
    lane: Lane,
) -> Result<Connection, HelloError> {
    if begins_with_tls(wire.get_ref()).await? {
        return Err(TlsFault::Wanted.into());
    }
    let challenge: Challenge = read(&mut wire).await?;
    if challenge.magic != MAGIC {
        return Err(HelloError::Foreign);
    }
    let key = identity.key(lane).ok_or(HelloError::Keyless)?;
    let said = Said::new(identity, challenge.common(), to, lane);
    let proof = Transcript::of_dialer(&challenge, &said).prove(key);
    write(&mut wire, &Introduction { said: said.clone(), proof }).await?;
    let (verdict, proof) = match read(&mut wire).await? {
        Answer::Stranger => return Err(HelloError::Secret),
        Answer::Verdict(verdict, proof) => (verdict, proof),
    };
    if !Transcript::of_acceptor(&challenge, &said, &verdict).is_proved_by(key, &proof) {
        return Err(HelloError::Impostor);
    }
    match verdict.refusal {
        Some(refusal) => Err(HelloError::Refused(refusal)),
        None => Ok(Connection::new(wire, PeerId::new(&verdict.node, verdict.incarnation), lane)),
    }
}

/// The acceptor's side; `serves` says which lanes are open here.
pub(crate) async fn receive(
    mut wire: Wire,
    identity: &Identity,
    serves: impl Fn(Lane) -> bool,
) -> Result<Connection, HelloError> {
    let challenge = Challenge::fresh();
    write(&mut wire, &challenge).await?;
    if begins_with_tls(wire.get_ref()).await? {
        return Err(TlsFault::Wanted.into());
    }
    let Introduction { said, proof } = read(&mut wire).await?;
    // The lane is part of what is proved, so a proof of an edge is none of a node.
    let is_proved = |key: &&hmac::Key| Transcript::of_dialer(&challenge, &said).is_proved_by(key, &proof);
    let Some(key) = identity.key(said.lane).filter(is_proved) else {
        write(&mut wire, &Answer::Stranger).await?;
        return Err(HelloError::Secret);
    };
    let judged = said.judge(identity, serves);
    let me = identity.id();
    let verdict = Verdict { node: me.name.to_string(), incarnation: me.incarnation, refusal: judged.err() };
    let proof = Transcript::of_acceptor(&challenge, &said, &verdict).prove(key);
    write(&mut wire, &Answer::Verdict(verdict, proof)).await?;
    judged?;
    Ok(Connection::new(wire, PeerId::new(&said.from, said.incarnation), said.lane))
}

async fn write(wire: &mut Wire, message: &impl Serialize) -> Result<(), HelloError> {
    let bytes = postcard::to_stdvec(message).expect("writing to memory does not fail");
    Ok(wire.send(Bytes::from(bytes)).await?)
}

async fn read<T: DeserializeOwned>(wire: &mut Wire) -> Result<T, HelloError> {
    let frame = wire.next().await.ok_or_else(|| HelloError::Io(std::io::ErrorKind::UnexpectedEof.into()))?;
    let frame = frame.map_err(|error| match (TlsFault::of(&error), error.kind()) {
        (Some(fault), _) => HelloError::Tls(fault),
        // A length that no hello has: the other side speaks something else.
        (None, std::io::ErrorKind::InvalidData) => HelloError::Foreign,
        (None, _) => HelloError::Io(error),
    })?;
    postcard::from_bytes(&frame).map_err(|_| HelloError::Foreign)
}
