//! What this isolate told whom, so that a hold that fails can be told to have been promised.

use std::cell::RefCell;

use holdfast::id::{AccountId, Sku};
use holdfast::kpi::Answers;
use holdfast::query::Origin;
use holdfast::query::answer::QueryAnswer;
use holdfast::quote::Said;
use holdfast::time::Timestamp;

thread_local! {
    static ANSWERS: RefCell<Answers> = RefCell::default();
}

/// Remembers what an account is told.
pub fn remember(account: &AccountId, answer: &QueryAnswer) {
    if cfg!(feature = "unmeasured") {
        return;
    }
    ANSWERS.with_borrow_mut(|answers| {
        for line in &answer.lines {
            if let Some(part) = &line.part {
                let available = u32::try_from(line.available).unwrap_or(u32::MAX);
                let said = Said { available, at: answer.as_of, snapshot: line.source == Origin::Snapshot };
                answers.remember(account, part.sku, said);
            }
        }
    });
}

/// What an account was last told of a part, as far as this isolate knows.
pub fn recall(account: &AccountId, sku: &Sku, now: Timestamp) -> Option<Said> {
    ANSWERS.with_borrow(|answers| answers.recall(account, sku, now))
}
