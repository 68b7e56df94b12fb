//! Looking ahead: from which quantity, and at which instant, the answer changes.
//!
//! A price is constant between the points where some record starts, ends or has a break. So both questions have one
//! answer: go from point to point and price again, until the price differs. This is right by construction, whatever the
//! rules are. Both walks are bounded, so that no catalogue, however odd, makes a line expensive.

/// How many points a walk looks at.
const MOST_POINTS: usize = 16;

/// Where a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ahead<P, T> {
    /// Nothing changes any more.
    Never,
    /// At this point the answer becomes this one.
    Changes(P, T),
    /// Nothing changes before this point; what lies there was not looked at.
    NotBefore(P),
}

/// Walks from `start` along `next_point` until `answer_at` a point is not `answer`.
pub(super) fn first_change<P: Copy, T: PartialEq>(
    start: P,
    answer: &T,
    next_point: impl Fn(P) -> Option<P>,
    answer_at: impl Fn(P) -> T,
) -> Ahead<P, T> {
    let mut here = start;
    for _ in 0..MOST_POINTS {
        let Some(point) = next_point(here) else { return Ahead::Never };
        let there = answer_at(point);
        if there != *answer {
            return Ahead::Changes(point, there);
        }
        here = point;
    }
    next_point(here).map_or(Ahead::Never, Ahead::NotBefore)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(changes_at: u32) -> Ahead<u32, bool> {
        first_change(0, &false, |at| (at < 100).then_some(at + 1), |at| at >= changes_at)
    }

    #[test]
    fn the_walk_stops_at_the_first_change_and_never_after_its_bound() {
        assert_eq!(step(1), Ahead::Changes(1, true));
        assert_eq!(step(16), Ahead::Changes(16, true));
        assert_eq!(step(17), Ahead::NotBefore(17));
        assert_eq!(step(99), Ahead::NotBefore(17));
        assert_eq!(first_change(0, &false, |_: u32| None, |_| true), Ahead::Never);
    }
}
