//! What callers send, as it is read field by field (`holdfast::input`). tests/contract/openapi.test.mjs holds every field,
//! bound and pattern of these against the running product.

use holdfast::catalog::PartNumber;
use holdfast::catalog::part::RevenueClass;
use holdfast::catalog::vin::{Powertrain, Vin};
use holdfast::id::{AccountId, LocationId, OpaqueId, Quantity, Region, RegisteredId, Sku};
use holdfast::money::{Currency, Money};
use holdfast::sourcing::Fulfilment;
use holdfast::time::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Declares types that are never read, only described; unknown fields are refused in all of them.
macro_rules! requests {
    ($($(#[$of:meta])* $name:ident { $($(#[$about:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$of])*
        #[derive(JsonSchema)]
        #[schemars(deny_unknown_fields)]
        #[allow(dead_code, reason = "described, never made")]
        pub struct $name {
            $($(#[$about])* $field: $type,)*
        }
    )*};
}

/// A text of 1 to 200 characters, not all of them white space.
pub struct Text;

impl JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "minLength": 1, "maxLength": 200, "pattern": "\\S",
            "description": "Any text, not all of it white space.",
        })
    }
}

/// What an endpoint can be told of.
pub struct WebhookEvent;

impl JsonSchema for WebhookEvent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "WebhookEvent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "enum": holdfast::webhook::message::names(),
            "description": "What an endpoint can be told of.",
        })
    }
}

/// Where goods go: a point, or one of the distributor's locations.
#[derive(JsonSchema)]
#[schemars(untagged, deny_unknown_fields, rename = "DeliverTo")]
#[expect(dead_code, reason = "described, never made")]
pub enum DeliverTo {
    /// A point.
    Point {
        /// Degrees north.
        #[schemars(range(min = -90, max = 90))]
        lat: f64,
        /// Degrees east.
        #[schemars(range(min = -180, max = 180))]
        lon: f64,
    },
    /// A location.
    Location {
        /// Which.
        location: LocationId,
    },
}

/// What a line of a query names, in one of three ways.
#[derive(JsonSchema)]
#[schemars(untagged, deny_unknown_fields, rename = "QueryRequestLine")]
#[expect(dead_code, reason = "described, never made")]
pub enum QueryLine {
    /// By the distributor's name for it.
    Sku {
        /// As it is written in the catalogue.
        sku: Sku,
        /// How many; 1 if not said.
        quantity: Option<Quantity>,
    },
    /// By a maker's number. Other makers' numbers find our equivalents.
    Number {
        /// In any spelling.
        number: PartNumber,
        /// The brand's code or name.
        brand: Option<Text>,
        /// How many; 1 if not said.
        quantity: Option<Quantity>,
    },
    /// By what fits a vehicle.
    Vehicle {
        /// The vehicle.
        vin: Vin,
        /// The part type's name; case and punctuation do not matter.
        part_type: Text,
        /// Where on the vehicle: `front` finds `front left`.
        position: Option<Text>,
        /// How many; 1 if not said.
        quantity: Option<Quantity>,
    },
}

/// What came of a calibration.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", rename = "RedemptionOutcome")]
#[expect(dead_code, reason = "described, never made")]
pub enum Outcome {
    /// The part works.
    Succeeded,
    /// It does not.
    Failed,
}

/// What a quote that is opened is to be committed with.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "CommitAtOnce")]
#[expect(dead_code, reason = "described, never made")]
pub enum CommitAtOnce {
    /// `true` commits everything.
    All(bool),
    /// As the body of a commit.
    As(CommitRequest),
}

requests! {
    /// What does it cost, where is it, can I have it?
    QueryRequest {
        /// What is asked for.
        #[schemars(length(min = 1, max = 100))]
        lines: Vec<QueryLine>,
        /// Where it should go. Absent: to the account's home location.
        deliver_to: Option<DeliverTo>,
        /// Which time decides between sources; `delivery` if not said.
        fulfilment: Option<Fulfilment>,
        /// Sources that cannot make it are ranked after those that can.
        needed_by: Option<Timestamp>,
        /// How many milliseconds to wait for stock shards before answering from snapshots; 60 if not said.
        #[schemars(range(min = 1, max = 5_000))]
        budget_ms: Option<u32>,
        /// Say which rule made each price.
        explain: Option<bool>,
        /// Refused if it is not the account's.
        currency: Option<Currency>,
    }

    /// What is wanted held.
    QuoteRequest {
        /// Lines of one sku and location are folded.
        #[schemars(length(min = 1, max = 100))]
        lines: Vec<QuoteRequestLine>,
        /// How many seconds it is held; 900 if not said.
        #[schemars(range(min = 30, max = 86_400))]
        ttl_seconds: Option<u32>,
        /// Hold what there is; without it a shortage holds nothing.
        partial: Option<bool>,
        /// An earlier quote of yours: its stock is used for this one, and it is released once this one is held.
        replace: Option<OpaqueId>,
        /// Decides which region is asked first. Absent: the account's home location.
        deliver_to: Option<DeliverTo>,
        /// Your own name for it.
        reference: Option<Text>,
        /// Commit it in the same call; only for accounts whose record says `direct_commit`.
        commit: Option<CommitAtOnce>,
    }

    /// A line of a quote that is wanted.
    QuoteRequestLine {
        /// The part.
        sku: Sku,
        /// How many.
        quantity: Quantity,
        /// Only from here.
        location: Option<LocationId>,
    }

    /// What of a quote is sold; without lines, all of it.
    CommitRequest {
        /// These units of these lines; the rest is freed.
        #[schemars(length(min = 1, max = 100))]
        lines: Option<Vec<UnitsOfLine>>,
        /// For every unit that needs calibration, a token; at most 20. The key needs the scope `token` too.
        tokens: Option<CrewAndVehicle>,
    }

    /// What comes back; without lines, all of it.
    ReturnRequest {
        /// These units of these lines.
        #[schemars(length(min = 1, max = 100))]
        lines: Option<Vec<UnitsOfLine>>,
    }

    /// Units of a line of a quote.
    UnitsOfLine {
        /// The line, from 0.
        #[schemars(range(min = 0, max = 4_294_967_295_u32))]
        line: u32,
        /// Units.
        quantity: Quantity,
    }

    /// Nothing.
    Nothing {}

    /// How long a quote is to be held.
    ExtendRequest {
        /// So many seconds from now; never shorter than before.
        #[schemars(range(min = 30, max = 86_400))]
        ttl_seconds: u32,
    }

    /// How a quote is to be ordered again.
    ReorderRequest {
        /// How many seconds it is held; 900 if not said.
        #[schemars(range(min = 30, max = 86_400))]
        ttl_seconds: Option<u32>,
        /// Hold what there is; without it a shortage holds nothing.
        partial: Option<bool>,
        /// Decides which region is asked first. Absent: the account's home location.
        deliver_to: Option<DeliverTo>,
        /// Your own name for the new quote.
        reference: Option<Text>,
        /// An earlier quote of yours, perhaps this one: its stock is used for the new one, and it is released once that is held.
        replace: Option<OpaqueId>,
        /// Commit it in the same call; only for accounts whose record says `direct_commit`.
        commit: Option<CommitAtOnce>,
    }

    /// Who calibrates what.
    CrewAndVehicle {
        /// The vehicle.
        vin: Vin,
        /// The shop.
        shop: RegisteredId,
        /// The technician.
        technician: RegisteredId,
        /// The tool.
        tool: RegisteredId,
        /// How many seconds the tokens live; a day if not said.
        #[schemars(range(min = 600, max = 2_592_000))]
        ttl_seconds: Option<u32>,
    }

    /// Which unit a token is wanted for, and who calibrates.
    TokenRequest {
        /// The quote on which the unit was sold.
        quote: OpaqueId,
        /// Its line, from 0.
        #[schemars(range(min = 0, max = 65_535))]
        line: u32,
        /// Which part of a line that has several to calibrate.
        sku: Option<Sku>,
        /// The vehicle.
        vin: Vin,
        /// The shop.
        shop: RegisteredId,
        /// The technician.
        technician: RegisteredId,
        /// The tool.
        tool: RegisteredId,
        /// The unit's serial number.
        part_serial: Option<Text>,
        /// How many seconds the token lives; a day if not said.
        #[schemars(range(min = 600, max = 2_592_000))]
        ttl_seconds: Option<u32>,
    }

    /// What came of a calibration.
    RedeemRequest {
        /// The token as it was issued.
        token: String,
        /// The vehicle.
        vin: Vin,
        /// The tool.
        tool: RegisteredId,
        /// Whether the part works.
        outcome: Outcome,
    }

    /// A token that is looked at.
    VerifyRequest {
        /// The token as it was issued.
        token: String,
        /// The vehicle it is shown for.
        vin: Option<Vin>,
        /// The tool it is shown for.
        tool: Option<RegisteredId>,
    }

    /// Why.
    CauseRequest {
        /// In words.
        reason: Option<Text>,
    }

    /// Movements of stock; each stands for itself.
    MovementsRequest {
        /// In the order in which they are applied.
        #[schemars(length(min = 1, max = 1_000))]
        movements: Vec<MovementRequest>,
    }

    /// A change of stock as a branch or an ERP reports it.
    MovementRequest {
        /// Yours, one for each change of a position. Sent again, it changes nothing.
        id: OpaqueId,
        /// The part.
        sku: Sku,
        /// Where.
        location: LocationId,
        /// What happened.
        kind: holdfast::stock::MovementKind,
        /// Units: 1 to 1,000,000; of a `count` also 0, of an `adjustment` also below 0. Another is rejected in place.
        #[schemars(range(min = -1_000_000, max = 1_000_000))]
        quantity: i64,
        /// Why, in words.
        reason: Option<Text>,
        /// Apply only if the position is still at this version.
        #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
        expect_version: Option<u64>,
        /// With `receipt`: the scheduled receipt these goods belong to.
        incoming: Option<OpaqueId>,
        /// With `count`: sets the safety stock too.
        #[schemars(range(min = 0, max = 1_000_000_000))]
        safety: Option<u64>,
        /// With `pick`: the quote whose goods these are; without it, those that were to expire first. With `hand_over`: the
        /// quote whose goods were handed over.
        quote: Option<OpaqueId>,
    }

    /// An endpoint of webhooks.
    WebhookRequest {
        /// Where requests go: `https://`, without a user; where `ENVIRONMENT` is `local` also `http://` to a loopback address.
        #[schemars(length(min = 1, max = 200))]
        url: String,
        /// What it is told of, each once.
        #[schemars(length(min = 1, max = 4), extend("uniqueItems" = true))]
        events: Vec<WebhookEvent>,
        /// Only of this account's quotes and tokens.
        account: Option<AccountId>,
        /// What it is, in words.
        description: Option<Text>,
    }

    /// A line of a snapshot.
    SyncRequestLine {
        /// The part.
        sku: Sku,
        /// Units on hand: 0 to 1,000,000. Another number is rejected in place.
        #[schemars(range(min = 0, max = 1_000_000))]
        quantity: i64,
        /// Yours, in place of one that follows from the Idempotency-Key.
        id: Option<OpaqueId>,
        /// Apply only if the position is still at this version.
        #[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))]
        expect_version: Option<u64>,
        /// Why, in words.
        reason: Option<Text>,
    }

    /// Scheduled receipts: 1 to 1,000 in both lists together.
    IncomingRequest {
        /// To be scheduled, or changed.
        #[schemars(length(max = 1_000))]
        receipts: Option<Vec<ReceiptRequest>>,
        /// To be cancelled.
        #[schemars(length(max = 1_000))]
        cancel: Option<Vec<CancelRequest>>,
    }

    /// Stock that is on its way.
    ReceiptRequest {
        /// Yours, one for each receipt of a position.
        id: OpaqueId,
        /// The part.
        sku: Sku,
        /// Where it is going.
        location: LocationId,
        /// Units.
        quantity: Quantity,
        /// When it is expected.
        eta: Timestamp,
    }

    /// Stock that does not come.
    CancelRequest {
        /// As it was scheduled.
        id: OpaqueId,
        /// The part.
        sku: Sku,
        /// Where it was going.
        location: LocationId,
    }

    /// Which part is to have a shard of its own.
    MoveRequest {
        /// The part.
        sku: Text,
        /// Only in this region.
        region: Option<Text>,
    }

    /// What happened elsewhere.
    EventsRequest {
        /// Each at most 16,384 bytes. Each is taken or refused by itself.
        #[schemars(length(min = 1, max = 1_000))]
        events: Vec<ReportedEvent>,
    }

    /// A line of a sale.
    SaleLine {
        /// What kind of revenue it is.
        class: RevenueClass,
        /// What it came to, without core charges.
        amount: Money,
        /// What drives the vehicle it was for.
        #[schemars(with = "Powertrain", default)]
        powertrain: Option<Powertrain>,
    }

    /// Vehicles of a household.
    Vehicles {
        /// What drives them.
        powertrain: Powertrain,
        /// How many; 1 if not said.
        #[schemars(with = "u32", default, range(min = 0, max = 10_000))]
        count: Option<u32>,
    }
}

/// What a browser measures.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "described, never made")]
pub enum Metric {
    /// Time to first byte.
    Ttfb,
    /// First contentful paint.
    Fcp,
    /// Largest contentful paint.
    Lcp,
    /// Interaction to next paint.
    Inp,
    /// Cumulative layout shift, in thousandths.
    Cls,
    /// The loading of the page.
    Load,
    /// The widget's own time to show an answer.
    Widget,
}

/// The class of a part that was counted.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "described, never made")]
pub enum CountClass {
    /// Within 1 %.
    A,
    /// Within 3 %.
    B,
    /// Within 5 %.
    C,
}

/// Something that happened elsewhere, by its `kind`. `sale`, `household` and `count` need the scope `kpi`, the others `web`.
#[derive(JsonSchema)]
#[schemars(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[expect(dead_code, reason = "described, never made")]
pub enum ReportedEvent {
    /// Something was sold.
    Sale {
        /// Yours; counts once.
        id: OpaqueId,
        /// When.
        at: Timestamp,
        /// What was sold.
        #[schemars(length(min = 1, max = 100))]
        lines: Vec<SaleLine>,
        /// To whom.
        #[schemars(with = "OpaqueId", default)]
        household: Option<OpaqueId>,
        /// The quote here, if it was sold by one: then its revenue is not counted again.
        #[schemars(with = "OpaqueId", default)]
        quote: Option<OpaqueId>,
        /// Where; else where the account is at home.
        #[schemars(with = "Region", default)]
        region: Option<Region>,
        /// Where; else where the account is at home.
        #[schemars(with = "LocationId", default)]
        location: Option<LocationId>,
    },
    /// All vehicles of a household, from `at` on.
    Household {
        /// Yours; counts once.
        id: OpaqueId,
        /// From when on.
        at: Timestamp,
        /// Whose.
        household: OpaqueId,
        /// Its vehicles.
        vehicles: Vec<Vehicles>,
        /// Where; else where the account is at home.
        #[schemars(with = "Region", default)]
        region: Option<Region>,
        /// Where; else where the account is at home.
        #[schemars(with = "LocationId", default)]
        location: Option<LocationId>,
    },
    /// A count made by another system.
    Count {
        /// Yours; counts once.
        id: OpaqueId,
        /// When.
        at: Timestamp,
        /// What the books said.
        #[schemars(range(min = 0, max = 1_000_000_000))]
        expected: u64,
        /// What was there.
        #[schemars(range(min = 0, max = 1_000_000_000))]
        found: u64,
        /// The part.
        #[schemars(with = "String", default)]
        sku: Option<String>,
        /// The part's class.
        #[schemars(with = "CountClass", default)]
        class: Option<CountClass>,
        /// Where; else where the account is at home.
        #[schemars(with = "Region", default)]
        region: Option<Region>,
        /// Where; else where the account is at home.
        #[schemars(with = "LocationId", default)]
        location: Option<LocationId>,
    },
    /// What a browser measured.
    WebTiming {
        /// Yours; counts once.
        id: OpaqueId,
        /// When.
        at: Timestamp,
        /// What was measured.
        metric: Metric,
        /// Whole milliseconds; for `cls` thousandths.
        #[schemars(range(min = 0, max = 1_000_000_000))]
        value: u64,
        /// The page.
        #[schemars(with = "String", default)]
        page: Option<String>,
    },
    /// A page said that there is some, and there was none.
    WebPhantom {
        /// Yours; counts once.
        id: OpaqueId,
        /// When.
        at: Timestamp,
        /// The part.
        #[schemars(with = "String", default)]
        sku: Option<String>,
        /// Where.
        #[schemars(with = "String", default)]
        location: Option<String>,
        /// The page.
        #[schemars(with = "String", default)]
        page: Option<String>,
    },
}
