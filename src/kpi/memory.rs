//! A region's boards in memory, for tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::board::Board;
use super::household::Household;
use super::intake::BoardStore;
use super::seen::Block;
use crate::id::OpaqueId;
use crate::time::Day;

/// All that is kept of a region.
#[derive(Debug, Default)]
pub struct MemoryBoards {
    blocks: RefCell<BTreeMap<(String, String), Block>>,
    households: RefCell<BTreeMap<OpaqueId, Household>>,
    days: RefCell<BTreeMap<Day, Board>>,
}

impl MemoryBoards {
    /// The boards of the days on which something happened.
    pub fn days(&self) -> BTreeMap<Day, Board> {
        let mut days = self.days.borrow().clone();
        days.retain(|_, board| !board.is_empty());
        days
    }
}

impl BoardStore for MemoryBoards {
    type Error = Infallible;

    fn block(&self, source: &str, name: &str) -> Result<Block, Infallible> {
        Ok(self.blocks.borrow().get(&(source.into(), name.into())).cloned().unwrap_or_default())
    }

    fn put_block(&self, source: &str, name: &str, block: &Block) -> Result<(), Infallible> {
        self.blocks.borrow_mut().insert((source.into(), name.into()), block.clone());
        Ok(())
    }

    fn household(&self, id: &OpaqueId) -> Result<Household, Infallible> {
        Ok(self.households.borrow().get(id).cloned().unwrap_or_default())
    }

    fn put_household(&self, id: &OpaqueId, household: &Household) -> Result<(), Infallible> {
        self.households.borrow_mut().insert(id.clone(), household.clone());
        Ok(())
    }

    fn add(&self, day: Day, board: &Board) -> Result<(), Infallible> {
        self.days.borrow_mut().entry(day).or_default().merge(board);
        Ok(())
    }
}
