//! What is going to happen in a world: who wants what when, and what breaks. All of it follows from the seed.

use holdfast::stock::MovementKind;
use holdfast::stock::hold::GRACE;

use crate::random::Random;

/// No clock is further from true time than this, in milliseconds, so no two are further apart than half the grace.
pub const SKEW: i64 = GRACE / 4;

/// How big a world is and how bad its weather. Chances are in a thousand, times in milliseconds.
#[derive(Debug, Clone)]
pub struct Setup {
    pub seed: u64,
    pub accounts: usize,
    pub regions: usize,
    pub buckets: u16,
    pub locations: usize,
    pub skus: usize,
    /// How long the steps go on.
    pub span: i64,
    pub skew: i64,
    pub loss: u32,
    pub duplicates: u32,
    /// The most that a message usually takes.
    pub delay: i64,
    /// How many messages take up to half a minute.
    pub late: u32,
}

impl Setup {
    /// Whether every message arrives once and soon, and nothing crashes.
    pub fn is_calm(&self) -> bool {
        self.loss == 0
    }
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub struct Step {
    /// When, in milliseconds from the start.
    pub at: i64,
    /// Its number in the whole plan; stays the same when other steps are left out.
    pub number: usize,
    pub wish: Wish,
}

/// What somebody wants, or what breaks.
#[derive(Debug, Clone)]
pub enum Wish {
    Open {
        account: usize,
        lines: Vec<Want>,
        ttl: i64,
        partial: bool,
        replace: Option<usize>,
    },
    /// Of the quote that the step `quote` opened, so many units of its first line, or all.
    Commit {
        account: usize,
        quote: usize,
        part: Option<u32>,
    },
    Release {
        account: usize,
        quote: usize,
    },
    Extend {
        account: usize,
        quote: usize,
        ttl: i64,
    },
    GiveBack {
        account: usize,
        quote: usize,
        part: Option<u32>,
    },
    Move {
        sku: usize,
        location: usize,
        kind: MovementKind,
        quantity: i64,
        safety: Option<u64>,
    },
    CrashDesk {
        account: usize,
        down: i64,
    },
    CrashShard {
        shard: usize,
        down: i64,
    },
    /// No message goes into or out of a region.
    Partition {
        region: usize,
        lasts: i64,
    },
}

/// Units of a part, or of a kit of it and the next part, pinned to a location or not.
#[derive(Debug, Clone)]
pub struct Want {
    pub sku: usize,
    pub quantity: u32,
    pub kit: bool,
    pub pinned: Option<usize>,
}

/// The setup and the steps of a seed: `commands` of them, and what breaks besides.
pub fn plan(seed: u64, accounts: usize, commands: usize) -> (Setup, Vec<Step>) {
    let mut random = Random::new(seed);
    let calm = random.chance(200);
    let stormy =
        |random: &mut Random, most: i64| if calm { 0 } else { u32::try_from(random.within(1..=most)).unwrap() };
    let setup = Setup {
        seed,
        accounts,
        regions: random.pick(&[2, 3, 4]),
        buckets: random.pick(&[1, 2, 4]),
        locations: random.pick(&[1, 2, 3]),
        skus: random.pick(&[4, 20, 100]),
        span: 1_000 * i64::try_from(commands).unwrap() / random.within(10..=200) + 60_000,
        skew: random.pick(&[0, SKEW / 4, SKEW]),
        loss: stormy(&mut random, 150),
        duplicates: stormy(&mut random, 150),
        delay: random.pick(&[5, 50, 800]),
        late: stormy(&mut random, 30),
    };
    let mut wishes = Vec::with_capacity(commands + commands / 8);
    for _ in 0..commands / 8 {
        let (sku, location) = (random.place(setup.skus), random.place(setup.regions * setup.locations));
        let quantity = random.within(1..=60);
        wishes.push((0, Wish::Move { sku, location, kind: MovementKind::Receipt, quantity, safety: None }));
    }
    while wishes.len() < commands {
        if random.chance(250) {
            wishes.push((random.within(0..=setup.span), movement(&setup, &mut random)));
        } else {
            story(&setup, &mut random, &mut wishes);
        }
    }
    if !calm {
        for _ in 0..commands / random.pick(&[40, 200, 1_000]) {
            let broken = breakage(&setup, &wishes, &mut random);
            wishes.push(broken);
        }
    }
    let steps = wishes.into_iter().enumerate().map(|(number, (at, wish))| Step { at, number, wish });
    let mut steps: Vec<_> = steps.collect();
    steps.sort_by_key(|step| (step.at, step.number));
    (setup, steps)
}

/// An account opens a quote, does something with it or not, perhaps at the very moment it expires, and perhaps replaces
/// it by another.
fn story(setup: &Setup, random: &mut Random, wishes: &mut Vec<(i64, Wish)>) {
    let account = random.place(setup.accounts);
    let (mut at, mut replace) = (random.within(0..=setup.span), None);
    loop {
        let ttl = random.pick(&[30_000, 30_000, 60_000, 300_000]);
        let lines = (0..random.pick(&[1, 1, 1, 2, 3])).map(|_| want(setup, random)).collect();
        let quote = wishes.len();
        wishes.push((at, Wish::Open { account, lines, ttl, partial: random.chance(300), replace }));
        let mut last = at;
        for _ in 0..random.pick(&[0, 1, 1, 2, 3]) {
            last = match random.place(4) {
                0 => last + random.within(1..=3_000),
                1 => last + random.within(1..=ttl),
                2 => at + ttl + random.within(-setup.skew - 2..=setup.skew + 2),
                _ => at + ttl + GRACE + random.within(-setup.skew - 2..=setup.skew + 2),
            };
            let part = random.chance(400).then(|| u32::try_from(random.within(1..=4)).unwrap());
            wishes.push((
                last,
                match random.place(10) {
                    0..=4 => Wish::Commit { account, quote, part },
                    5 | 6 => Wish::Release { account, quote },
                    7 => Wish::Extend { account, quote, ttl: random.pick(&[30_000, 60_000, 300_000]) },
                    _ => Wish::GiveBack { account, quote, part },
                },
            ));
        }
        if !random.chance(150) {
            return;
        }
        (replace, at) = (Some(quote), at + random.within(1..=ttl));
    }
}

fn want(setup: &Setup, random: &mut Random) -> Want {
    // Half of the demand is for three parts.
    let sku = if random.chance(500) { random.place(3) } else { random.place(setup.skus) };
    let pinned = random.chance(100).then(|| random.place(setup.regions * setup.locations));
    Want { sku, quantity: u32::try_from(random.within(1..=6)).unwrap(), kit: random.chance(100), pinned }
}

fn movement(setup: &Setup, random: &mut Random) -> Wish {
    use MovementKind as Kind;
    let sku = if random.chance(500) { random.place(3) } else { random.place(setup.skus) };
    let location = random.place(setup.regions * setup.locations);
    let (kind, most) = random.pick(&[
        (Kind::Receipt, 12),
        (Kind::Receipt, 12),
        (Kind::Receipt, 40),
        (Kind::Count, 25),
        (Kind::Pick, 6),
        (Kind::Pick, 3),
        (Kind::Damage, 4),
        (Kind::Quarantine, 3),
        (Kind::ReleaseQuarantine, 3),
        (Kind::Adjustment, 3),
        (Kind::TransferOut, 4),
        (Kind::TransferIn, 4),
        (Kind::Return, 2),
    ]);
    let quantity = match kind {
        Kind::Count => random.within(0..=most),
        Kind::Adjustment => random.pick(&[-1, 1]) * random.within(1..=most),
        _ => random.within(1..=most),
    };
    let safety = (kind == Kind::Count && random.chance(200)).then_some(1);
    Wish::Move { sku, location, kind, quantity, safety }
}

/// A desk crashes while it is at work, a shard at any time.
fn breakage(setup: &Setup, wishes: &[(i64, Wish)], random: &mut Random) -> (i64, Wish) {
    let at = random.within(0..=setup.span);
    match random.place(5) {
        0 | 1 => {
            let (begun, wish) = &wishes[random.place(wishes.len())];
            let account = wish.account().unwrap_or_else(|| random.place(setup.accounts));
            let at = begun + random.within(0..=4 * setup.delay);
            (at, Wish::CrashDesk { account, down: random.pick(&[0, 200, 5_000]) })
        }
        2 | 3 => {
            let shard = random.place(setup.regions * usize::from(setup.buckets));
            (at, Wish::CrashShard { shard, down: random.pick(&[0, 200, 5_000, 60_000]) })
        }
        _ => {
            let lasts = random.pick(&[3_000, 20_000, 120_000]);
            (at, Wish::Partition { region: random.place(setup.regions), lasts })
        }
    }
}

impl Wish {
    /// Whose desk is asked.
    pub fn account(&self) -> Option<usize> {
        match self {
            Self::Open { account, .. }
            | Self::Commit { account, .. }
            | Self::Release { account, .. }
            | Self::Extend { account, .. }
            | Self::GiveBack { account, .. } => Some(*account),
            _ => None,
        }
    }
}
