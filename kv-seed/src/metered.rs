//! A reader that counts, and that refuses to feed one record for ever: an unclosed quote or tag must not swallow a
//! gigabyte into memory.

use std::cell::Cell;
use std::io::{BufRead, Error, ErrorKind, Read, Result};
use std::rc::Rc;

/// The count of a [`Metered`] reader, shared with whoever watches it.
#[derive(Clone, Default)]
pub struct Meter {
    total: Rc<Cell<u64>>,
    mark: Rc<Cell<u64>>,
}

impl Meter {
    /// Bytes handed out so far.
    pub fn total(&self) -> u64 {
        self.total.get()
    }

    /// A record ended here: the next may again be as long as the limit.
    pub fn record_ended(&self) {
        self.mark.set(self.total.get());
    }
}

/// Hands out the bytes of `inner`, at most `limit` between two calls of [`Meter::record_ended`].
pub struct Metered<R> {
    inner: R,
    meter: Meter,
    limit: u64,
}

impl<R> Metered<R> {
    /// A reader of `inner` and its meter.
    pub fn new(inner: R, limit: u64) -> (Self, Meter) {
        let meter = Meter::default();
        (Self { inner, meter: meter.clone(), limit }, meter)
    }

    fn check(&self) -> Result<()> {
        if self.meter.total.get().saturating_sub(self.meter.mark.get()) > self.limit {
            let text = format!("one record is longer than {} bytes: is a quote or tag unclosed?", self.limit);
            return Err(Error::new(ErrorKind::InvalidData, text));
        }
        Ok(())
    }

    fn count(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.meter.total.set(self.meter.total.get().saturating_add(bytes));
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.check()?;
        let bytes = self.inner.read(buffer)?;
        self.count(bytes);
        Ok(bytes)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        self.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.count(bytes);
        self.inner.consume(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_an_end_is_refused_and_many_short_ones_are_not() {
        let (mut endless, _) = Metered::new(std::io::repeat(b'x'), 1_000);
        assert!(endless.read_to_end(&mut Vec::new()).is_err());

        let (mut short, meter) = Metered::new(std::io::repeat(b'x').take(10_000), 1_000);
        let mut buffer = [0; 500];
        while short.read(&mut buffer).unwrap() > 0 {
            meter.record_ended();
        }
        assert_eq!(meter.total(), 10_000);
    }
}
