//! What encloses the answers of the edge functions: the lists and pages that they write in place. Every contract test
//! holds what is answered against the schemas of these (tests/contract/instance.mjs).

use functions::availability::PublicVehicle;
use functions::parts::PartView;
use functions::providers::CredentialView;
use functions::quotes::view::QuoteView;
use functions::shards::Move;
use functions::tokens::{Issued, TokenView};
use holdfast::catalog::fitment::Application;
use holdfast::catalog::vin::{Powertrain, Vehicle};
use holdfast::id::{AccountId, EndpointId, Region, RegisteredId, Sku};
use holdfast::input::Fault;
use holdfast::money::Currency;
use holdfast::query::Match;
use holdfast::query::public::PublicAnswer;
use holdfast::stock::shard::{MovementResult, ReceiptResult};
use holdfast::stock::{Entry, Position};
use holdfast::time::{Day, Timestamp};
use holdfast::token::Reason;
use holdfast::token::event::TokenEvent;
use holdfast::token::register::Standing;
use holdfast::webhook::Subscription;
use schemars::JsonSchema;
use serde_json::{Map, Value};

/// Declares types that are never made, only described.
macro_rules! answers {
    ($($(#[$of:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$of])*
        #[derive(JsonSchema)]
        #[allow(dead_code, reason = "described, never made")]
        pub struct $name {
            $($(#[$about])* $field: $type,)*
        }
    )*};
}

answers! {
    /// It is up.
    Health {
        /// `ok`
        #[schemars(extend("const" = "ok"))]
        status: String,
        /// Of the software.
        version: String,
    }

    /// What the public may know of parts.
    Availability {
        /// In the order of the question; with `vin` and without `sku`, what fits, at most 50.
        items: Vec<PublicAnswer<'static>>,
        /// With `vin`: the vehicle.
        #[serde(skip_serializing_if = "Option::is_none")]
        vehicle: Option<PublicVehicle<'static>>,
        /// With `vin` and without `sku`: names of the part types that are known for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        part_types: Option<Vec<String>>,
    }

    /// The parts that a number finds.
    PartsByNumber {
        /// How they were found.
        #[serde(rename = "match")]
        matched: Match,
        /// The part asked for with its replacement and equivalents, or the candidates, or none.
        parts: Vec<PartView<'static>>,
    }

    /// A part that fits.
    FittingPart {
        #[serde(flatten)]
        application: Application,
        /// The part.
        part: PartView<'static>,
    }

    /// What fits a vehicle.
    VehicleParts {
        /// The vehicle.
        vehicle: Vehicle,
        /// Names of part types that are known to fit; with `part_type`, of those that it found.
        part_types: Vec<String>,
        /// With `part_type`: at most 200.
        parts: Vec<FittingPart>,
    }

    /// Quotes, the newest first.
    QuotePage {
        /// The quotes.
        quotes: Vec<QuoteView<'static>>,
        /// Pass it on for the next page; absent on the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    }

    /// A token that was refused although its unit was sold. It can be asked for again.
    RefusedToken {
        /// Why.
        code: Reason,
        /// Why, in words.
        detail: String,
    }

    /// A quote that was committed, with a token for each unit that needs calibration if they were asked for.
    CommittedQuote {
        #[serde(flatten)]
        quote: QuoteView<'static>,
        /// The tokens; only if they were asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        tokens: Option<Vec<TokenOutcome>>,
    }

    /// A token and every attempt on it.
    TokenDetails {
        #[serde(flatten)]
        token: TokenView<'static>,
        /// The token itself, as it was handed out.
        jws: String,
        /// What the part's provider adds to it.
        #[serde(skip_serializing_if = "Option::is_none")]
        credential: Option<CredentialView>,
        /// What happened to it, oldest first.
        attempts: Vec<TokenEvent>,
    }

    /// An account's log, oldest first.
    TokenLog {
        /// Entries.
        entries: Vec<TokenEvent>,
        /// Pass it as `after` for the next page; absent where the log ends.
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<u64>,
    }

    /// Whether a token could be redeemed now.
    Verification {
        /// Whether it could.
        valid: bool,
        /// Why not.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
        /// Why not, in words.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
        /// The token, if it could.
        #[serde(skip_serializing_if = "Option::is_none")]
        token: Option<TokenView<'static>>,
    }

    /// A public key (RFC 8037).
    Jwk {
        /// `EdDSA`
        alg: String,
        /// `Ed25519`
        crv: String,
        /// Its RFC 7638 thumbprint.
        kid: String,
        /// `OKP`
        kty: String,
        /// What it is for: `sig`.
        #[serde(rename = "use")]
        usage: String,
        /// The key, in base64url.
        x: String,
    }

    /// The public keys that tokens are checked with.
    Jwks {
        /// The keys.
        keys: Vec<Jwk>,
    }

    /// What became of movements.
    MovementResults {
        /// In the order of the movements.
        results: Vec<MovementResult>,
    }

    /// An endpoint that was entered.
    WebhookEntered {
        #[serde(flatten)]
        subscription: Subscription,
        /// What its requests are signed with. Told once, when it is new; `rotate` makes another.
        #[serde(skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
    }

    /// An endpoint has another secret.
    WebhookRotated {
        /// Its name.
        id: EndpointId,
        /// What its requests are signed with from now on. Told once.
        secret: String,
        /// Until when they are signed with the one before, too.
        previous_until: Timestamp,
    }

    /// Every endpoint.
    Webhooks {
        /// By name.
        webhooks: Vec<Subscription>,
    }

    /// An endpoint, and how it is.
    WebhookStatus {
        /// The endpoint.
        webhook: Subscription,
        /// Deliveries that are still to be tried.
        waiting: u64,
        /// Deliveries that have been given up and can be replayed.
        dead: u64,
        /// Since when it has taken nothing, if it does not.
        failing_since: Option<Timestamp>,
        /// Why it is given up, if it is.
        disabled: Option<String>,
    }

    /// A page of an endpoint's log.
    WebhookDeliveries {
        /// The newest first.
        deliveries: Vec<WebhookDelivery>,
        /// Pass it as `cursor` for the next page; absent on the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    }

    /// What became of a message.
    WebhookDelivery {
        /// The event's id: `webhook-id` of each of its requests.
        id: String,
        /// What it tells.
        #[serde(rename = "type")]
        kind: crate::requests::WebhookEvent,
        /// How far it is.
        state: WebhookState,
        /// When the desk took it.
        at: Timestamp,
        /// When it is tried next.
        next_at: Option<Timestamp>,
        /// Every try, the first one first.
        attempts: Vec<WebhookAttempt>,
    }

    /// A try to deliver a message.
    WebhookAttempt {
        /// When it began.
        at: Timestamp,
        /// The status of the answer, if there was one.
        status: Option<u16>,
        /// How long it took, in milliseconds.
        took_ms: u64,
        /// What went wrong, in words.
        error: Option<String>,
    }

    /// What is delivered again.
    WebhookReplayed {
        /// How many.
        replayed: u64,
    }

    /// A line of the answer to a snapshot that could be read.
    SyncedLine {
        /// Its place in the snapshot, from 0; absent where the snapshot does not name the position.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
        #[serde(flatten)]
        compared: holdfast::stock::sync::Compared,
    }

    /// Lines of a snapshot that could not be answered now; send it again.
    SyncUnanswered {
        /// The line's place in the snapshot, from 0.
        line: u64,
        /// Why.
        errors: Vec<Fault>,
    }

    /// The last line of the answer to a snapshot.
    SyncSummary {
        /// What the lines came to.
        summary: SyncSum,
        /// Whether every line was answered and, of a full snapshot, what it does not name was emptied.
        complete: bool,
        /// Why not, and what to do.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    }

    /// What the lines of a snapshot came to.
    SyncSum {
        /// Lines.
        lines: u64,
        /// Here and there are as many.
        same: u64,
        /// Counted; of a dry run, those that would be.
        changed: u64,
        /// Counted by this sync before.
        duplicates: u64,
        /// The position has moved on since `expect_version`.
        conflicts: u64,
        /// Not done.
        rejected: u64,
        /// Could not be answered now.
        unanswered: u64,
        /// Positions that a full snapshot does not name, counted to zero.
        zeroed: u64,
    }

    /// What became of changes to scheduled receipts.
    IncomingResults {
        /// In order, `receipts` first.
        results: Vec<ReceiptResult>,
    }

    /// A position, and what of it may be promised.
    PositionWithAvailable {
        #[serde(flatten)]
        position: Position,
        /// `on_hand − committed − held − quarantined − safety`, never below zero.
        available: u64,
    }

    /// Every position of a part.
    Positions {
        /// The part.
        sku: Sku,
        /// By location.
        positions: Vec<PositionWithAvailable>,
    }

    /// A page of the ledger, oldest first.
    Ledger {
        /// The part.
        sku: Sku,
        /// Entries.
        movements: Vec<Entry>,
        /// Pass it as `after` for the next page; absent on the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<u64>,
    }

    /// What was written into the catalogue.
    CatalogWritten {
        /// Records written.
        written: u64,
        /// Records deleted.
        deleted: u64,
    }

    /// How far the moves of a part are.
    ShardMoves {
        /// The part.
        sku: Sku,
        /// Region by region.
        moves: Vec<Move>,
    }

    /// Somebody in the registers whose standing has changed.
    PartyStanding {
        /// The id there.
        id: RegisteredId,
        /// What they are now.
        standing: Standing,
        /// Whose desks were told.
        accounts: Vec<AccountId>,
    }

    /// An event of the log.
    LoggedEvent {
        /// Its place in the log of the day.
        place: u64,
        /// Who told it, and its number there.
        id: String,
        /// What happened; docs/api.md lists the kinds.
        event: Map<String, Value>,
    }

    /// A message that could not be understood.
    RejectedMessage {
        /// Its place in the log of the day.
        place: u64,
        /// The message's id.
        id: String,
        /// What was wrong.
        why: String,
        /// Its beginning.
        body: String,
    }

    /// What happened on a day, in the order in which it arrived; with `rejected=true`, what could not be understood.
    DayEvents {
        /// Pass it as `after` for the following page; absent on the last.
        #[serde(skip_serializing_if = "Option::is_none")]
        next: Option<u64>,
        /// Events; absent with `rejected=true`.
        #[serde(skip_serializing_if = "Option::is_none")]
        events: Option<Vec<LoggedEvent>>,
        /// Only with `rejected=true`.
        #[serde(skip_serializing_if = "Option::is_none")]
        rejected: Option<Vec<RejectedMessage>>,
    }

    /// What became of a reported event.
    EventResult {
        /// Its id; `null` if it had none.
        id: Option<String>,
        /// Whether it will be counted.
        result: EventOutcome,
        /// What was wrong with it.
        #[serde(skip_serializing_if = "Option::is_none")]
        errors: Option<Vec<Fault>>,
    }

    /// What became of reported events.
    EventResults {
        /// In the order of the events.
        results: Vec<EventResult>,
    }

    /// A quotient with its two sums.
    Share {
        /// What is counted.
        numerator: i64,
        /// Of how much.
        denominator: i64,
        /// Their quotient with six decimals; `null` if there is nothing to divide by.
        value: Option<f64>,
    }

    /// How many durations there were, and their percentiles in milliseconds; `null` without any.
    Durations {
        /// How many.
        count: u64,
        /// Half are at most this.
        p50: Option<u64>,
        /// Three quarters are.
        p75: Option<u64>,
        /// Nine in ten are.
        p90: Option<u64>,
        /// 95 in a hundred are.
        p95: Option<u64>,
        /// 99 in a hundred are.
        p99: Option<u64>,
        /// 999 in a thousand are.
        p999: Option<u64>,
    }

    /// How an edge function did.
    FunctionTimes {
        /// Which.
        function: String,
        #[serde(flatten)]
        times: Durations,
        /// Requests that were refused.
        refused: i64,
        /// Requests that failed.
        failed: i64,
        /// Requests answered from snapshots because a shard was late.
        late: i64,
    }

    /// What browsers measured.
    WebTimes {
        /// What: `ttfb`, `fcp`, `lcp`, `inp`, `cls` (thousandths), `load` or `widget`.
        metric: String,
        #[serde(flatten)]
        times: Durations,
    }

    /// Number 1.
    ApiResponse {
        /// Queries answered as asked in less than 100 ms, of those answered or failed.
        share: Share,
        /// Each edge function.
        functions: Vec<FunctionTimes>,
    }

    /// Number 2.
    DigitalRepair {
        /// Successful redemptions, of units sold that need calibration.
        share: Share,
        /// Units that came back.
        returned: i64,
        /// Tokens issued.
        issued: i64,
        /// Tokens redeemed, the part works.
        succeeded: i64,
        /// Tokens redeemed, it does not.
        failed: i64,
        /// Attempts refused.
        refused: i64,
        /// Tokens taken back.
        revoked: i64,
        /// Tokens that nobody redeemed in time.
        expired: i64,
    }

    /// Why lines that were told to be there could not be held.
    PhantomCauses {
        /// Less was found since.
        count: i64,
        /// The answer was from a snapshot.
        stale_snapshot: i64,
        /// Somebody was faster.
        race: i64,
    }

    /// Number 3.
    InventoryAccuracy {
        /// Lines that could not be held, of those told to be there and then asked to be held.
        phantoms: Share,
        /// Why.
        causes: PhantomCauses,
        /// All lines that were to be held.
        lines: i64,
        /// Phantoms that pages reported.
        reported: i64,
        /// From the request to the hold.
        allocation: Durations,
        /// Counts that found the books within the tolerance of the part's class.
        records: Share,
        /// Counts that found the books right.
        exact: Share,
        /// Times that less was left than had been promised.
        shortfalls: i64,
    }

    /// What households with one kind of vehicle spent here.
    PowertrainShare {
        /// What drives the vehicles.
        powertrain: Powertrain,
        /// Vehicles times days.
        vehicle_days: i64,
        /// Spent here, of what they are estimated to need.
        share: Share,
    }

    /// Number 4.
    HouseholdShare {
        /// Of the amounts.
        currency: Currency,
        /// Spent here, of what the vehicles are estimated to need, in minor units.
        share: Share,
        /// The same by what drives the vehicle.
        powertrains: Vec<PowertrainShare>,
        /// What households spent whose vehicles are not known.
        unregistered: i64,
    }

    /// Number 5, of one currency, in minor units.
    RevenueMix {
        /// Which.
        currency: Currency,
        /// Goods.
        physical: i64,
        /// Things without a body.
        digital: i64,
        /// What is paid again and again.
        recurring: i64,
        /// Recurring and digital, of all.
        share: Share,
        /// All revenue of the period before.
        before: i64,
        /// The growth of recurring and digital since then, of that of all.
        growth: Share,
    }

    /// From a query to a calibration.
    Funnel {
        /// Queries answered.
        queries: u64,
        /// Quotes held.
        quotes: i64,
        /// Quotes refused.
        refused: i64,
        /// Quotes committed.
        commits: i64,
        /// Tokens issued.
        tokens: i64,
        /// Calibrations that succeeded.
        calibrations: i64,
    }

    /// The five numbers, and what they rest on.
    Numbers {
        /// Number 1: speed.
        api_response: ApiResponse,
        /// Number 2: repairs that work.
        digital_repair: DigitalRepair,
        /// Number 3: whether what is told is there.
        inventory_accuracy: InventoryAccuracy,
        /// Number 4: how much of what households need they buy here.
        household_share: HouseholdShare,
        /// Number 5: what is sold that has no body.
        revenue_mix: Vec<RevenueMix>,
        /// From a query to a calibration.
        funnel: Funnel,
        /// What browsers measured.
        web: Vec<WebTimes>,
    }

    /// The numbers of a region.
    RegionNumbers {
        /// Which.
        region: Region,
        /// Its numbers.
        numbers: Numbers,
    }

    /// The numbers of a day.
    DayNumbers {
        /// Which.
        day: Day,
        /// Its first day.
        from: Day,
        /// Its last day.
        to: Day,
        /// Its numbers.
        numbers: Numbers,
    }

    /// The numbers of an ISO week.
    WeekNumbers {
        /// Which: `2026-W47`.
        week: String,
        /// Its first day, a Monday.
        from: Day,
        /// Its last day, or that of the period.
        to: Day,
        /// Its numbers.
        numbers: Numbers,
    }

    /// The numbers of a month.
    MonthNumbers {
        /// Which: `2026-11`.
        month: String,
        /// Its first day.
        from: Day,
        /// Its last day, or that of the period.
        to: Day,
        /// Its numbers.
        numbers: Numbers,
    }

    /// The numbers of a period.
    Kpi {
        /// Its first day.
        from: Day,
        /// Its last day.
        to: Day,
        /// Of all of it.
        numbers: Numbers,
        /// With `by`: of each region, function, day, week or month.
        groups: Vec<KpiGroup>,
    }

    /// A line of a query sent as lines that could not be read, or not be answered.
    RefusedQueryLine {
        /// Its place among the lines, from 0.
        line: u64,
        /// What was wrong, by JSON Pointer into the line.
        errors: Vec<Fault>,
    }
}

/// A token of a commit.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "described, never made")]
pub enum TokenOutcome {
    /// It was issued.
    Issued(Issued<'static>),
    /// It was not.
    Refused(RefusedToken),
}

/// One of the things that the numbers are told apart by.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "described, never made")]
pub enum KpiGroup {
    /// A region.
    Region(RegionNumbers),
    /// A day.
    Day(DayNumbers),
    /// A week.
    Week(WeekNumbers),
    /// A month.
    Month(MonthNumbers),
    /// An edge function.
    Function(FunctionTimes),
}

/// Whether an event will be counted.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "described, never made")]
pub enum EventOutcome {
    /// It will, once.
    Accepted,
    /// It will not.
    Rejected,
}

/// A line of the answer to a query that was sent as lines.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "described, never made")]
pub enum QueryLineOutcome {
    /// The answer.
    Answered(Box<holdfast::query::answer::LineAnswer<'static>>),
    /// Why there is none.
    Refused(RefusedQueryLine),
}

/// A line of the answer to a snapshot.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "described, never made")]
pub enum SyncOutcome {
    /// What it came to.
    Line(Box<SyncedLine>),
    /// It could not be read.
    Unread(functions::sync::Unread),
    /// It could not be answered now.
    Unanswered(SyncUnanswered),
    /// The last line.
    Sum(SyncSummary),
}

/// How far a delivery is.
#[derive(JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "described, never made")]
pub enum WebhookState {
    /// It is tried, or tried again.
    Waiting,
    /// It was taken.
    Delivered,
    /// It was given up.
    Dead,
}
