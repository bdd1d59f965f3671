//! Why TLS between two nodes came to nothing, in words that say what to mend. Never decides what is trusted: rustls does.

use std::io;

use rustls::{CertificateError, Error};

/// Why there is no TLS with the other node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// This node speaks TLS, the other one does not.
    #[error(
        "the other node speaks no TLS and this one does: all nodes need a certificate, its key and tls_ca"
    )]
    Plain,
    /// The other node speaks TLS, this one does not.
    #[error(
        "the other node speaks TLS and this one does not: all nodes need a certificate, its key and tls_ca"
    )]
    Wanted,
    /// Signed by nobody whom this node believes.
    #[error("the other node's certificate comes from no authority in this node's tls_ca")]
    Issuer,
    /// Not valid now.
    #[error("the other node's certificate has expired or is not valid yet: renew it, and compare the clocks")]
    Expired,
    /// Valid, for another host.
    #[error(
        "the other node's certificate does not name the host at which it was reached: issue it for that name or address, or set tls_name"
    )]
    Name,
    /// None was shown.
    #[error("the other side shows no certificate")]
    Missing,
    /// The other node says no; which certificate it dislikes and why stands in its own log.
    #[error("the other node refuses this node's certificate ({0}): its log says why")]
    Refused(String),
    /// Something else.
    #[error("TLS failed: {0}")]
    Other(String),
}

impl TlsFault {
    /// What a failed read, write or handshake says of TLS; `None` = nothing, the connection itself broke.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref::<Error>()?;
        Some(match error {
            Error::InvalidCertificate(why) => Self::of_certificate(why),
            Error::NoCertificatesPresented => Self::Missing,
            Error::AlertReceived(alert) => Self::Refused(format!("{alert:?}")),
            // What cannot be read as TLS at all is something else.
            Error::InvalidMessage(_) => Self::Plain,
            other => Self::Other(other.to_string()),
        })
    }

    /// What a handshake says that came to no end. Whoever does not believe a certificate may just go away.
    pub(crate) fn broken_off(error: io::Error) -> Self {
        Self::of(&error)
            .unwrap_or_else(|| Self::Other(format!("the other side broke off the handshake ({error})")))
    }

    fn of_certificate(why: &CertificateError) -> Self {
        match why {
            // An authority of the same name with another key signs badly.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::Issuer,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::Expired,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::Name,
            other => Self::Other(format!("the other node's certificate: {other}")),
        }
    }
}
