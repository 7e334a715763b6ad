//! A check of the headers of a shared library before the loader maps it: mapping a truncated file kills the process with
//! a bus error at the first access beyond its end.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::file;

/// A defect of a file: why it is not a shared library that this process can load.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// The file cannot be read, or is no regular one: the problem.
    Unreadable(String),
    /// The file is no ELF file, or no 64-bit little-endian shared object.
    NotALibrary(String),
    /// The library is for another processor.
    Foreign(&'static str),
    /// The headers speak of bytes beyond the end of the file.
    Truncated { size: u64, needed: u64 },
}

const HEADER: usize = 64;

/// Checks the ELF header, the program headers and the extent of segments and section table against the file's size.
/// Formats: System V ABI, chapters 4 and 5 (ELF header, program header).
pub(super) fn check(path: &Path) -> Result<(), Defect> {
    let unreadable = |error: std::io::Error| Defect::Unreadable(format!("cannot be read ({error})"));
    let mut file = file::open(path, "restore it").map_err(|error| Defect::Unreadable(error.problem))?;
    let size = file.metadata().map_err(unreadable)?.len();
    let mut header = Vec::with_capacity(HEADER);
    file.by_ref().take(HEADER as u64).read_to_end(&mut header).map_err(unreadable)?;
    if !header.starts_with(b"\x7fELF") {
        return Err(Defect::NotALibrary("is not a shared library (no ELF header)".into()));
    }
    if header.len() < HEADER {
        return Err(Defect::Truncated { size, needed: HEADER as u64 });
    }
    if header[4] != 2 || header[5] != 1 {
        return Err(Defect::NotALibrary("is not a 64-bit little-endian ELF file".into()));
    }
    if number(&header, 16, 2) != 3 {
        return Err(Defect::NotALibrary("is an ELF file but not a shared object".into()));
    }
    check_machine(number(&header, 18, 2))?;
    let (segments, entry, count) = (number(&header, 32, 8), number(&header, 54, 2), number(&header, 56, 2));
    let (sections, section_entry, section_count) =
        (number(&header, 40, 8), number(&header, 58, 2), number(&header, 60, 2));
    let mut needed = end(segments, entry * count).max(end(sections, section_entry * section_count));
    if end(segments, entry * count) <= size && entry >= 56 {
        let length = usize::try_from(entry * count).unwrap_or(0);
        let mut table = vec![0; length];
        file.seek(SeekFrom::Start(segments)).map_err(unreadable)?;
        file.read_exact(&mut table).map_err(unreadable)?;
        for segment in table.chunks_exact(usize::try_from(entry).unwrap_or(1)) {
            needed = needed.max(end(number(segment, 8, 8), number(segment, 32, 8)));
        }
    }
    if needed > size { Err(Defect::Truncated { size, needed }) } else { Ok(()) }
}

fn check_machine(machine: u64) -> Result<(), Defect> {
    let name = match machine {
        62 => "x86_64",
        183 => "aarch64",
        _ => "another processor",
    };
    let known = ["x86_64", "aarch64"].contains(&std::env::consts::ARCH);
    if known && name != std::env::consts::ARCH { Err(Defect::Foreign(name)) } else { Ok(()) }
}

fn end(offset: u64, length: u64) -> u64 {
    if length == 0 { 0 } else { offset.saturating_add(length) }
}

/// The little-endian number of `width` bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    bytes[at..at + width].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with one segment of `segment` bytes, in a file of `size` bytes.
    fn library(segment: u64, size: usize) -> Vec<u8> {
        let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
        let mut bytes = vec![0; size.max(120)];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        bytes[16..18].copy_from_slice(&3_u16.to_le_bytes());
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32..40].copy_from_slice(&64_u64.to_le_bytes());
        bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
        bytes[56..58].copy_from_slice(&1_u16.to_le_bytes());
        bytes[64 + 32..64 + 40].copy_from_slice(&segment.to_le_bytes());
        bytes.truncate(size);
        bytes
    }

    fn verdict(bytes: &[u8]) -> Result<(), Defect> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("libonnxruntime.so");
        std::fs::write(&path, bytes).unwrap();
        check(&path)
    }

    #[test]
    fn a_whole_library_passes_and_a_cut_one_does_not() {
        assert_eq!(verdict(&library(4096, 4096)), Ok(()));
        assert_eq!(verdict(&library(4097, 4096)), Err(Defect::Truncated { size: 4096, needed: 4097 }));
        assert_eq!(verdict(&library(4096, 40)), Err(Defect::Truncated { size: 40, needed: 64 }));
        assert_eq!(verdict(&library(4096, 100)), Err(Defect::Truncated { size: 100, needed: 120 }));
        assert!(matches!(verdict(&library(u64::MAX, 4096)), Err(Defect::Truncated { .. })));
    }

    #[test]
    fn other_files_are_told_apart() {
        assert!(matches!(verdict(b"#!/bin/sh\n"), Err(Defect::NotALibrary(_))));
        assert!(matches!(verdict(b""), Err(Defect::NotALibrary(_))));
        assert!(matches!(check(Path::new("/dev/zero")), Err(Defect::Unreadable(_))), "it has no end");
        let mut executable = library(4096, 4096);
        executable[16] = 2;
        assert!(matches!(verdict(&executable), Err(Defect::NotALibrary(_))));
        let mut foreign = library(4096, 4096);
        foreign[18] = 40;
        assert_eq!(verdict(&foreign), Err(Defect::Foreign("another processor")));
    }

    #[test]
    fn changed_libraries_are_accepted_or_refused() {
        let seeds = [library(120, 120), library(4096, 8192)];
        crate::hostile::try_changed("elf", "libonnxruntime.so", &seeds, |path| drop(check(path)));
    }
}
