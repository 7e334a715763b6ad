//! The placement of nodes: which execution provider took which, as ONNX Runtime tells. `ort` has no safe function for that.
#![allow(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::ptr;

use ort::AsPointer;
use ort::session::Session;

/// Session option that makes ONNX Runtime (1.24 and newer) keep the placement.
pub(super) const RECORD_KEY: &str = "session.record_ep_graph_assignment_info";

/// Number of nodes by name of execution provider, of a session that was built with [`RECORD_KEY`] set to 1.
pub(super) fn nodes_by_provider(session: &Session) -> ort::Result<BTreeMap<String, usize>> {
    let api = ort::api();
    let mut subgraphs = ptr::null();
    let mut count = 0;
    // SAFETY: the session is alive, and both outputs are valid to write. ONNX Runtime gives an array of `count` pointers that
    // the session owns. The status goes to `result_from_status`, which takes ownership of it, here and below.
    unsafe {
        ort::Error::result_from_status((api.Session_GetEpGraphAssignmentInfo)(
            session.ptr(),
            &mut subgraphs,
            &mut count,
        ))?;
    }
    let mut nodes_by_provider = BTreeMap::new();
    for index in 0..count {
        let (mut name, mut nodes, mut node_count) = (ptr::null::<c_char>(), ptr::null(), 0);
        // SAFETY: `index` is below the length of the array, its pointers are valid while the session is, outputs are valid to
        // write, and the name is a null-terminated string that the session owns; it is copied before the session can end.
        let name = unsafe {
            let subgraph = *subgraphs.add(index);
            ort::Error::result_from_status((api.EpAssignedSubgraph_GetEpName)(subgraph, &mut name))?;
            ort::Error::result_from_status((api.EpAssignedSubgraph_GetNodes)(
                subgraph,
                &mut nodes,
                &mut node_count,
            ))?;
            CStr::from_ptr(name).to_string_lossy().into_owned()
        };
        *nodes_by_provider.entry(name).or_insert(0) += node_count;
    }
    Ok(nodes_by_provider)
}
