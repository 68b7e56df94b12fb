//! Holdfast's importer and its demonstration catalogue.

pub mod demo;
