//! Memory on a graphics card, as `nvidia-smi` tells it. What `nvidia-smi` does not tell is not known, never 0.

use std::process::{Command, Stdio};

use crate::model::Provider;

/// Memory in use on the provider's card by all processes, in MiB.
pub fn used_mib(provider: &Provider) -> Option<f64> {
    query(provider.nvidia_device()?, "--query-gpu=memory.used")?.lines().next().and_then(number)
}

/// Memory that one process uses on the provider's card, in MiB, by its number; none where the driver does not see the numbers of
/// a container's processes.
pub fn of_process_mib(provider: &Provider, pid: u32) -> Option<f64> {
    of_pid(&query(provider.nvidia_device()?, "--query-compute-apps=pid,used_memory")?, pid)
}

/// Memory that the provider's card holds more than `before`, in MiB: that of one process as long as no other has begun since.
pub fn grown_mib(provider: &Provider, before: f64) -> Option<f64> {
    grown(before, used_mib(provider)?)
}

fn query(card: u32, what: &str) -> Option<String> {
    let mut command = Command::new("nvidia-smi");
    command.args(["-i", &card.to_string(), what, "--format=csv,noheader,nounits"]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn of_pid(listed: &str, pid: u32) -> Option<f64> {
    listed.lines().find_map(|line| {
        let (number_of, used) = line.split_once(',')?;
        (number_of.trim().parse() == Ok(pid)).then(|| number(used)).flatten()
    })
}

fn grown(before: f64, now: f64) -> Option<f64> {
    (now > before).then_some(now - before)
}

/// A number of `nvidia-smi`; none for `[N/A]`.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_by_its_number() {
        let listed = "812, 300\n4711, 1536\n4712, [N/A]\n";
        assert_eq!(of_pid(listed, 4711), Some(1536.0));
        assert_eq!(of_pid(listed, 4712), None, "not told is not 0");
        assert_eq!(of_pid(listed, 1), None);
        assert_eq!(of_pid("", 1), None);
    }

    #[test]
    fn what_does_not_grow_is_not_known() {
        assert_eq!(grown(100.0, 900.0), Some(800.0));
        assert_eq!(grown(900.0, 900.0), None);
    }

    #[test]
    fn a_processor_has_no_card() {
        assert_eq!(used_mib(&Provider::Cpu), None);
        assert_eq!(of_process_mib(&"openvino:GPU".parse().unwrap(), 1), None);
        assert_eq!(grown_mib(&Provider::Cpu, 0.0), None);
    }
}
