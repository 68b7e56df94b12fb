//! XML files read record by record, safely: a document type is refused, no entity is expanded but the five predefined
//! and character references, and depth, elements and bytes of a record are limited.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::Error;
use crate::metered::{Meter, Metered};

/// Deepest nesting; ACES and PIES need less than ten.
const MAX_DEPTH: usize = 32;
/// Elements in one record.
const MAX_ELEMENTS: usize = 65_536;
/// Bytes in one record.
const MAX_RECORD_BYTES: u64 = 4 * 1024 * 1024;

/// An element with everything in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without a namespace prefix.
    pub name: String,
    /// Its attributes, unescaped.
    pub attributes: Vec<(String, String)>,
    /// Its own text, trimmed.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The line it begins on, from 1.
    pub line: u64,
}

impl Element {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of this name, if it is there and not empty.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// A file whose root's children are records.
pub struct XmlFile {
    name: String,
    reader: Reader<Metered<BufReader<File>>>,
    meter: Meter,
    buffer: Vec<u8>,
    /// The root and the containers that are open.
    open: Vec<Element>,
    line: u64,
    bytes: u64,
    ended: bool,
}

impl XmlFile {
    /// Opens the file and reads up to its root, which must have this name.
    pub fn open(path: &Path, root: &str) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::io(path))?;
        let bytes = file.metadata().map_err(Error::io(path))?.len();
        let (reader, meter) = Metered::new(BufReader::with_capacity(64 * 1024, file), MAX_RECORD_BYTES);
        let mut reader = Reader::from_reader(reader);
        reader.config_mut().expand_empty_elements = true;
        let (name, buffer, open) = (path.display().to_string(), Vec::new(), Vec::new());
        let mut this = Self { name, reader, meter, buffer, open, line: 1, bytes, ended: false };
        loop {
            match this.step()? {
                Step::Text(_) => {}
                Step::Start(element) if element.name == root => {
                    this.open.push(element);
                    return Ok(this);
                }
                Step::Start(element) => return Err(this.error(format!("the file is <{}>, not <{root}>", element.name))),
                Step::End | Step::Eof => return Err(this.error("there is no element in the file")),
            }
        }
    }

    /// The root element with its attributes.
    pub fn root(&self) -> Option<&Element> {
        self.open.first()
    }

    /// Bytes in the file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.meter.total()
    }

    /// The next child of the root, complete. Children named in `containers` are entered instead, and theirs returned.
    pub fn next(&mut self, containers: &[&str]) -> Result<Option<Element>, Error> {
        while !self.ended {
            match self.step()? {
                Step::Start(element) if containers.contains(&element.name.as_str()) => self.push_container(element)?,
                Step::Start(element) => {
                    let record = self.complete(element)?;
                    self.meter.record_ended();
                    return Ok(Some(record));
                }
                Step::Text(_) => {}
                Step::End => {
                    self.open.pop();
                    self.ended = self.open.is_empty();
                }
                Step::Eof => return Err(self.cut_off()),
            }
            self.meter.record_ended();
        }
        loop {
            match self.step()? {
                Step::Text(_) => self.meter.record_ended(),
                Step::Start(element) => {
                    return Err(self.error(format!("<{}> after the end of the document", element.name)));
                }
                Step::End | Step::Eof => return Ok(None),
            }
        }
    }

    fn push_container(&mut self, element: Element) -> Result<(), Error> {
        self.open.push(element);
        if self.open.len() > MAX_DEPTH { Err(self.too_deep()) } else { Ok(()) }
    }

    /// Reads everything in `element` up to its end, with a stack of its own: no recursion on input.
    fn complete(&mut self, element: Element) -> Result<Element, Error> {
        let mut stack = vec![element];
        let mut elements = 1_usize;
        loop {
            match self.step()? {
                Step::Start(child) => {
                    stack.push(child);
                    elements = elements.saturating_add(1);
                    if stack.len().saturating_add(self.open.len()) > MAX_DEPTH {
                        return Err(self.too_deep());
                    }
                    if elements > MAX_ELEMENTS {
                        return Err(self.error(format!("one record has more than {MAX_ELEMENTS} elements")));
                    }
                }
                Step::Text(text) => {
                    if let Some(top) = stack.last_mut() {
                        top.text.push_str(&text);
                    }
                }
                Step::End => {
                    let Some(mut done) = stack.pop() else { return Err(self.cut_off()) };
                    done.text = String::from(done.text.trim());
                    match stack.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => return Ok(done),
                    }
                }
                Step::Eof => return Err(self.cut_off()),
            }
        }
    }

    /// The next event that matters, decoded.
    fn step(&mut self) -> Result<Step, Error> {
        loop {
            self.buffer.clear();
            let line = self.line;
            let event = self.reader.read_event_into(&mut self.buffer).map_err(|e| {
                unreadable(&self.name, line, &self.reader, &format!("the XML is broken or cut off: {e}"))
            })?;
            self.line = line.saturating_add(newlines(&event));
            let decoder = self.reader.decoder();
            let wrong = |reason: String| unreadable(&self.name, line, &self.reader, &reason);
            return Ok(match event {
                Event::Start(start) => Step::Start(element(&start, decoder, line).map_err(wrong)?),
                Event::End(_) => Step::End,
                Event::Text(text) => Step::Text(text.decode().map_err(|e| wrong(e.to_string()))?.into_owned()),
                Event::CData(text) => Step::Text(text.decode().map_err(|e| wrong(e.to_string()))?.into_owned()),
                Event::GeneralRef(name) => {
                    let resolved = name.resolve_char_ref().map_err(|e| wrong(e.to_string()))?;
                    let text = name.decode().map_err(|e| wrong(e.to_string()))?;
                    match (resolved, quick_xml::escape::resolve_predefined_entity(&text)) {
                        (Some(character), _) => Step::Text(character.to_string()),
                        (None, Some(predefined)) => Step::Text(predefined.to_owned()),
                        (None, None) => {
                            return Err(wrong(format!("entity &{text}; is refused: entities are not expanded")));
                        }
                    }
                }
                Event::DocType(_) => return Err(wrong("a DOCTYPE is refused: entities are not expanded".into())),
                Event::Eof => Step::Eof,
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            });
        }
    }

    /// An error at the place reached.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over an error or a text and are done with it")]
    pub fn error(&self, reason: impl ToString) -> Error {
        unreadable(&self.name, self.line, &self.reader, &reason.to_string())
    }

    fn too_deep(&self) -> Error {
        self.error(format!("elements are nested more than {MAX_DEPTH} deep"))
    }

    fn cut_off(&self) -> Error {
        self.error("the file is cut off: it ends inside an element")
    }
}

enum Step {
    Start(Element),
    Text(String),
    End,
    Eof,
}

fn unreadable<R>(name: &str, line: u64, reader: &Reader<R>, reason: &str) -> Error {
    Error::Unreadable { file: name.to_owned(), line, reason: format!("{reason} (byte {})", reader.buffer_position()) }
}

fn newlines(event: &Event<'_>) -> u64 {
    event.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

fn element(start: &BytesStart<'_>, decoder: quick_xml::Decoder, line: u64) -> Result<Element, String> {
    let name = decoder.decode(start.local_name().into_inner()).map_err(|e| e.to_string())?.into_owned();
    let attributes = start
        .attributes()
        .map(|attribute| {
            let attribute = attribute.map_err(|e| e.to_string())?;
            let key = decoder.decode(attribute.key.local_name().into_inner()).map_err(|e| e.to_string())?.into_owned();
            let value = attribute.decode_and_unescape_value(decoder).map_err(|e| e.to_string())?.into_owned();
            Ok((key, value))
        })
        .collect::<Result<_, String>>()?;
    Ok(Element { name, attributes, text: String::new(), children: Vec::new(), line })
}
