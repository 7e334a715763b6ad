//! The one way in which shared libraries are loaded here.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::mem::ManuallyDrop;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// Loads a library and never unloads it: unloading is not safe while threads or registered destructors of the library exist.
///
/// # Safety
/// The library's initialisers run; their preconditions must hold.
pub(crate) unsafe fn load_for_good(
    name: impl AsRef<OsStr>,
) -> Result<ManuallyDrop<Library>, libloading::Error> {
    // SAFETY: the caller answers for the initialisers.
    unsafe { Library::open(Some(name.as_ref()), RTLD_NOW | RTLD_LOCAL) }.map(ManuallyDrop::new)
}
