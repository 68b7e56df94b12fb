//! Worlds of desks and shards in bad weather, each from a seed, in which no rule of DESIGN.md §5 may break.
//!
//! `cargo test` plays a fixed set. `make simulate SEEDS=n` plays n more, from `FROM` on, each of `COMMANDS` commands of
//! `ACCOUNTS` accounts; a seed that fails is printed with the shortest history that could be found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::similar_names,
    clippy::cast_possible_truncation,
    clippy::needless_pass_by_value,
    clippy::disallowed_methods,
    reason = "a simulation that meets the impossible should stop"
)]

mod desk;
mod names;
mod plan;
mod random;
mod rules;
mod shrink;
mod world;

use std::time::Instant;

use world::Counts;

/// Plays a seed; a failure is shortened and shown.
fn play(seed: u64, accounts: usize, commands: usize) -> Counts {
    let (setup, steps) = plan::plan(seed, accounts, commands);
    world::play(&setup, &steps, false).unwrap_or_else(|failure| panic!("{}", shrink::report(&setup, &steps, &failure)))
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn no_weather_breaks_a_rule() {
    let mut commands = 0;
    for seed in 0..24 {
        commands += play(seed, 200, 1_000).commands;
    }
    commands += play(1_000, 2_000, 10_000).commands;
    println!("{commands} commands");
}

#[test]
#[ignore = "as long as you like: make simulate SEEDS=n"]
fn simulate() {
    let (from, seeds) = (number("FROM", 10_000), number("SEEDS", 100));
    let (accounts, commands) = (number("ACCOUNTS", 2_000) as usize, number("COMMANDS", 20_000) as usize);
    let (began, mut sum) = (Instant::now(), Counts::default());
    for seed in from..from + seeds {
        let counts = play(seed, accounts, commands);
        sum.commands += counts.commands;
        sum.held += counts.held;
        sum.committed += counts.committed;
        sum.crashes += counts.crashes;
        sum.lost += counts.lost;
    }
    println!("{seeds} worlds of {accounts} accounts, {commands} steps each, in {:?}: {sum:?}", began.elapsed());
}
