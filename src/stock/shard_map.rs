//! Which shard owns a position.

use std::fmt;
use std::num::NonZeroU16;
use std::rc::Rc;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{Region, Sku, fnv1a};

/// The name of a stock shard: `enam/17` has a bucket of skus, `enam/=BRKX-4410` one sku for itself. Durable Objects are
/// addressed by it; a region has no `/` and a bucket is a number, so no two shards share a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct ShardName {
    /// The region whose locations it serves; also where it should run.
    pub region: Region,
    /// Its share of the skus.
    pub share: Share,
}

/// What a shard has of the skus of its region.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Share {
    /// Those whose hash falls into this bucket and that have no shard of their own.
    Bucket(u16),
    /// This one.
    Sku(Sku),
}

/// A name as it is written: `{"region":"enam","bucket":17}` or `{"region":"enam","sku":"BRKX-4410"}`.
#[derive(Serialize, Deserialize)]
struct Stored {
    region: Region,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
}

/// A text or record that names no shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shard has a region, and a bucket or a sku: enam/17 or enam/=BRKX-4410")]
pub struct InvalidShardName;

impl ShardName {
    /// The shard of a bucket.
    pub fn bucket(region: Region, bucket: u16) -> Self {
        Self { region, share: Share::Bucket(bucket) }
    }

    /// The shard that a sku has for itself.
    pub fn dedicated(region: Region, sku: Sku) -> Self {
        Self { region, share: Share::Sku(sku) }
    }
}

impl fmt::Display for ShardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.share {
            Share::Bucket(bucket) => write!(f, "{}/{bucket}", self.region),
            Share::Sku(sku) => write!(f, "{}/={sku}", self.region),
        }
    }
}

impl FromStr for ShardName {
    type Err = InvalidShardName;

    fn from_str(text: &str) -> Result<Self, InvalidShardName> {
        let (region, share) = text.split_once('/').ok_or(InvalidShardName)?;
        let region = region.parse().map_err(|_| InvalidShardName)?;
        let share = match share.strip_prefix('=') {
            Some(sku) => Share::Sku(sku.parse().map_err(|_| InvalidShardName)?),
            None => Share::Bucket(share.parse().map_err(|_| InvalidShardName)?),
        };
        Ok(Self { region, share })
    }
}

impl TryFrom<Stored> for ShardName {
    type Error = InvalidShardName;

    fn try_from(Stored { region, bucket, sku }: Stored) -> Result<Self, InvalidShardName> {
        match (bucket, sku) {
            (Some(bucket), None) => Ok(Self::bucket(region, bucket)),
            (None, Some(sku)) => Ok(Self::dedicated(region, sku)),
            _ => Err(InvalidShardName),
        }
    }
}

impl From<ShardName> for Stored {
    fn from(ShardName { region, share }: ShardName) -> Self {
        match share {
            Share::Bucket(bucket) => Self { region, bucket: Some(bucket), sku: None },
            Share::Sku(sku) => Self { region, bucket: None, sku: Some(sku) },
        }
    }
}

/// How skus are spread over the shards of a region. Every reader of a deployment must use the same buckets. The list of
/// shards that have one sku may be out of date: whoever asks the wrong one is sent to the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardMap {
    buckets: NonZeroU16,
    dedicated: Rc<Dedicated>,
}

/// The shards that have one sku each, as far as the catalogue knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Dedicated(Vec<ShardName>);

impl Dedicated {
    /// Adds one, unless it is there already. Whether it was not.
    pub fn add(&mut self, name: &ShardName) -> bool {
        let new = !self.0.contains(name);
        if new {
            self.0.push(name.clone());
        }
        new
    }

    /// Whether a sku of a region has a shard of its own. They are few.
    pub fn has(&self, region: &Region, sku: &Sku) -> bool {
        self.0.iter().any(|name| name.region == *region && matches!(&name.share, Share::Sku(of) if of == sku))
    }
}

impl ShardMap {
    /// A map with `buckets` shards a region.
    pub fn new(buckets: NonZeroU16) -> Self {
        Self { buckets, dedicated: Rc::default() }
    }

    /// The same with the skus that have shards of their own.
    #[must_use]
    pub fn with(self, dedicated: Rc<Dedicated>) -> Self {
        Self { dedicated, ..self }
    }

    /// The one shard that owns `sku` in `region`, as far as this map knows.
    pub fn shard(&self, region: &Region, sku: &Sku) -> ShardName {
        if self.dedicated.has(region, sku) {
            ShardName::dedicated(region.clone(), sku.clone())
        } else {
            self.home(region, sku)
        }
    }

    /// The shard of the sku's bucket: that owns it unless it has given it a shard of its own, and then knows so.
    pub fn home(&self, region: &Region, sku: &Sku) -> ShardName {
        ShardName::bucket(region.clone(), self.bucket(sku))
    }

    /// Every shard of a region that this map knows.
    pub fn all(&self, region: &Region) -> impl Iterator<Item = ShardName> {
        let buckets = (0..self.buckets.get()).map(|bucket| ShardName::bucket(region.clone(), bucket));
        buckets.chain(self.dedicated.0.iter().filter(|name| name.region == *region).cloned())
    }

    /// The bucket of `sku`, the same in every region.
    pub fn bucket(&self, sku: &Sku) -> u16 {
        // The remainder is below a u16, so the conversion cannot fail.
        let rest = fnv1a(sku.as_str().as_bytes()).checked_rem(u64::from(self.buckets.get())).unwrap_or(0);
        u16::try_from(rest).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ShardName {
        text.parse().unwrap()
    }

    #[test]
    fn the_bucket_of_a_sku_never_changes() {
        // Stock lies where this function says: another answer here loses every position until it is moved.
        let map = ShardMap::new(NonZeroU16::new(64).unwrap());
        let bucket = |sku: &str| map.bucket(&sku.parse().unwrap());
        assert_eq!(["A", "B", "BRKX-4410"].map(bucket), [44, 5, 48]);
        assert_eq!(map.shard(&"enam".parse().unwrap(), &"A".parse().unwrap()).to_string(), "enam/44");
    }

    #[test]
    fn skus_spread_evenly() {
        let map = ShardMap::new(NonZeroU16::new(64).unwrap());
        let mut counts = [0_u32; 64];
        for n in 0..64_000 {
            counts[usize::from(map.bucket(&format!("SKU-{n:05}").parse().unwrap()))] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn a_name_is_read_as_it_is_written_whatever_the_sku() {
        for text in ["enam/0", "enam/65535", "enam/=17", "enam/=A/17", "w-1/=../..", "enam/=-+._/"] {
            assert_eq!(name(text).to_string(), text);
            let json = serde_json::to_string(&name(text)).unwrap();
            assert_eq!(serde_json::from_str::<ShardName>(&json).unwrap(), name(text));
        }
        assert_ne!(name("enam/17"), name("enam/=17"));
        assert_eq!(name("enam/=A/17").share, Share::Sku("A/17".parse().unwrap()));
        for text in ["", "enam", "enam/", "enam/=", "enam/x", "enam/65536", "/1", "Enam/1", "enam/=a b", "enam/=A=B"] {
            assert_eq!(text.parse::<ShardName>(), Err(InvalidShardName), "{text}");
        }
    }

    #[test]
    fn stored_names_keep_their_format() {
        // Quotes name the shards that hold their stock: a change needs a migration of every desk.
        let bucket = r#"{"region":"enam","bucket":17}"#;
        let dedicated = r#"{"region":"enam","sku":"BRKX-4410"}"#;
        assert_eq!(serde_json::to_string(&name("enam/17")).unwrap(), bucket);
        assert_eq!(serde_json::from_str::<ShardName>(bucket).unwrap(), name("enam/17"));
        assert_eq!(serde_json::to_string(&name("enam/=BRKX-4410")).unwrap(), dedicated);
        assert_eq!(serde_json::from_str::<ShardName>(dedicated).unwrap(), name("enam/=BRKX-4410"));
        for text in [r#"{"region":"enam"}"#, r#"{"region":"enam","bucket":1,"sku":"A"}"#] {
            assert!(serde_json::from_str::<ShardName>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sku_with_a_shard_of_its_own_is_found_there_and_its_neighbours_are_not() {
        let list = r#"[{"region":"wnam","sku":"A"},{"region":"enam","sku":"B"},{"region":"enam","bucket":3}]"#;
        let mut list: Dedicated = serde_json::from_str(list).unwrap();
        assert_eq!((list.add(&name("enam/=A")), list.add(&name("enam/=B"))), (true, false));
        let map = ShardMap::new(NonZeroU16::new(64).unwrap()).with(Rc::new(list));
        let shard = |region: &str, sku: &str| map.shard(&region.parse().unwrap(), &sku.parse().unwrap()).to_string();
        assert_eq!(shard("enam", "A"), "enam/=A");
        assert_eq!(shard("enam", "B"), "enam/=B");
        assert_eq!(shard("wnam", "A"), "wnam/=A");
        assert_eq!((shard("wnam", "B").as_str(), shard("enam", "C").starts_with("enam/=")), ("wnam/5", false));
        assert_eq!(map.home(&"enam".parse().unwrap(), &"A".parse().unwrap()), name("enam/44"));
    }
}
