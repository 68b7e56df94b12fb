//! The places: two distribution centres and 22 branches at the coordinates of real cities.

use Hours::{City, CounterOnly, Usual, Warehouse};

/// A location of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub id: &'static str,
    pub name: &'static str,
    /// A Cloudflare location hint.
    pub region: &'static str,
    pub lat: &'static str,
    pub lon: &'static str,
    pub time_zone: &'static str,
    pub hours: Hours,
    /// Its trade in percent of the usual branch's.
    pub trade: u64,
}

/// When a location is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// A distribution centre: from early to late, Saturdays too, and the carrier's cut-off in the evening.
    Warehouse,
    /// Every day, long hours.
    City,
    /// Six days.
    Usual,
    /// Monday to Friday; does not deliver.
    CounterOnly,
}

impl Place {
    /// Whether it is a distribution centre.
    pub fn is_distribution_center(&self) -> bool {
        self.hours == Warehouse
    }

    /// Its row in `locations.csv`, in the order of the header.
    pub fn row(&self) -> [&'static str; 18] {
        let (kind, weekday, saturday, sunday, handling, cutoff, radius) = match self.hours {
            Warehouse => ("distribution_center", "05:00-23:00", "06:00-18:00", "", "90", "18:30", "160"),
            City => ("branch", "07:00-21:00", "08:00-20:00", "09:00-17:00", "20", "16:30", "40"),
            Usual => ("branch", "07:30-18:00", "08:00-14:00", "", "30", "15:00", "30"),
            CounterOnly => ("branch", "08:00-17:30", "", "", "45", "", "0"),
        };
        let holidays = match self.region {
            "enam" | "wnam" => "2026-11-26;2026-12-25;2027-01-01;2027-07-05;2027-11-25;2028-01-01;2028-07-04",
            _ => "2026-12-25;2027-01-01;2028-01-01",
        };
        [
            self.id,
            self.name,
            kind,
            self.region,
            self.lat,
            self.lon,
            self.time_zone,
            weekday,
            weekday,
            weekday,
            weekday,
            weekday,
            saturday,
            sunday,
            holidays,
            handling,
            cutoff,
            radius,
        ]
    }
}

const fn place(
    id: &'static str,
    name: &'static str,
    region: &'static str,
    (lat, lon): (&'static str, &'static str),
    time_zone: &'static str,
    hours: Hours,
    trade: u64,
) -> Place {
    Place { id, name, region, lat, lon, time_zone, hours, trade }
}

/// Every location; a distribution centre serves the regions of its half (see `stock`).
#[rustfmt::skip]
pub const PLACES: [Place; 24] = [
    place("ATL-DC", "Atlanta Distribution Center", "enam", ("33.6407", "-84.4277"), "America/New_York", Warehouse, 100),
    place("ATL1", "Atlanta Midtown", "enam", ("33.7838", "-84.3830"), "America/New_York", City, 150),
    place("ATL2", "Atlanta Marietta", "enam", ("33.9526", "-84.5499"), "America/New_York", Usual, 100),
    place("CLT1", "Charlotte", "enam", ("35.2271", "-80.8431"), "America/New_York", Usual, 100),
    place("MIA1", "Miami", "enam", ("25.7617", "-80.1918"), "America/New_York", City, 125),
    place("BNA1", "Nashville", "enam", ("36.1627", "-86.7816"), "America/Chicago", Usual, 85),
    place("ORD1", "Chicago", "enam", ("41.8781", "-87.6298"), "America/Chicago", City, 135),
    place("PHL1", "Philadelphia", "enam", ("39.9526", "-75.1652"), "America/New_York", Usual, 100),
    place("NYC1", "New York Queens", "enam", ("40.7282", "-73.7949"), "America/New_York", City, 140),
    place("BOS1", "Boston", "enam", ("42.3601", "-71.0589"), "America/New_York", Usual, 90),
    place("RNO-DC", "Reno Distribution Center", "wnam", ("39.5296", "-119.8138"), "America/Los_Angeles", Warehouse, 100),
    place("LAX1", "Los Angeles", "wnam", ("34.0522", "-118.2437"), "America/Los_Angeles", City, 150),
    place("SAN1", "San Diego", "wnam", ("32.7157", "-117.1611"), "America/Los_Angeles", Usual, 95),
    place("OAK1", "Oakland", "wnam", ("37.8044", "-122.2712"), "America/Los_Angeles", Usual, 110),
    place("SEA1", "Seattle", "wnam", ("47.6062", "-122.3321"), "America/Los_Angeles", Usual, 100),
    place("PDX1", "Portland", "wnam", ("45.5152", "-122.6784"), "America/Los_Angeles", CounterOnly, 85),
    place("PHX1", "Phoenix", "wnam", ("33.4484", "-112.0740"), "America/Phoenix", Usual, 100),
    place("DEN1", "Denver", "wnam", ("39.7392", "-104.9903"), "America/Denver", Usual, 90),
    place("LON1", "London Croydon", "weur", ("51.3762", "-0.0982"), "Europe/London", Usual, 100),
    place("PAR1", "Paris Montreuil", "weur", ("48.8638", "2.4485"), "Europe/Paris", Usual, 95),
    place("AMS1", "Amsterdam", "weur", ("52.3676", "4.9041"), "Europe/Amsterdam", Usual, 85),
    place("MAD1", "Madrid", "weur", ("40.4168", "-3.7038"), "Europe/Madrid", CounterOnly, 85),
    place("SIN1", "Singapore", "apac", ("1.3521", "103.8198"), "Asia/Singapore", City, 90),
    place("TYO1", "Tokyo Koto", "apac", ("35.6731", "139.8171"), "Asia/Tokyo", Usual, 85),
];
