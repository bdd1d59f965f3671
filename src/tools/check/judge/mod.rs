//! The judgement, one file per question. Each takes the model and adds findings; none changes what another reads.

mod answers;
mod order;
mod readers;
mod transcripts;

use super::findings::Findings;
use super::model::Run;

/// Asks all questions.
pub(super) fn judge(run: &mut Run, findings: &mut Findings) {
    answers::settle(run, findings);
    transcripts::index(run, findings);
    let stands = transcripts::judge(run, findings);
    order::judge(run, &stands, findings);
    readers::judge(run, findings);
    readers::delivered(run, findings);
}
