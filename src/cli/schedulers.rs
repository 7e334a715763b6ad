//! `--shard auto`: which part of the work is that of this process, as the variables say of whatever started it.

use askance::error::{Error, Result};
use askance::types::Shard;

/// Number of parts, for schedulers that tell a process its number alone.
pub const COUNT: &str = "ASKANCE_SHARDS";

/// A shard, and the variables that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled {
    pub shard: Shard,
    /// The variables with their values, such as `RANK = 2, WORLD_SIZE = 4`.
    pub from: String,
}

/// Ranks that count from 0: the variable of the number, and that of how many there are. A variable of the first pair that is there is
/// believed before those below.
const RANKS: [(&str, &str); 5] = [
    ("RANK", "WORLD_SIZE"),
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
];

/// The shard of this process: that of a task of a Slurm array, an index of a Kubernetes Job or a rank of torchrun, MPI or srun.
///
/// # Errors
/// No such variable; one without the other that belongs to it, or that is no number; two that name different shards.
pub fn of_this_process() -> Result<Scheduled> {
    scheduled(&|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
}

fn scheduled(variable: &dyn Fn(&str) -> Option<String>) -> Result<Scheduled> {
    let count = variable(COUNT).map(|count| number(COUNT, &count)).transpose()?;
    let mut found: Vec<Scheduled> =
        [of_array(variable)?, of_index(variable, count)?].into_iter().flatten().collect();
    for pair in RANKS {
        found.extend(of_rank(variable, pair)?);
    }
    // One process splits nothing, such as the one that srun starts in each task of an array.
    if found.iter().any(|found| found.shard.of() > 1) {
        found.retain(|found| found.shard.of() > 1);
    }
    let Some(first) = found.first().cloned() else { return Err(nothing(count)) };
    if let Some(other) = found.iter().find(|other| other.shard != first.shard) {
        let problem = format!(
            "finds shard {} by {}, and shard {} by {}",
            first.shard, first.from, other.shard, other.from
        );
        let fix = "take the variables away that were inherited (env -u NAME), or say which shard it is, such as `shard = 1/4`";
        return Err(Error::usage("`shard = auto`", problem, fix));
    }
    if let Some(count) = count.filter(|&count| count != first.shard.of()) {
        let problem = format!("is {count}, and {} is shard {}", first.from, first.shard);
        let fix = format!(
            "take it away, or set it to {}; a part of an array or Job that is started again by itself needs its \
                           number: `shard = 3/{count}`",
            first.shard.of()
        );
        return Err(Error::usage(COUNT, problem, fix));
    }
    Ok(first)
}

/// A task of `sbatch --array`, which may count from 0 or 1 and in steps.
fn of_array(variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Scheduled>> {
    const ID: &str = "SLURM_ARRAY_TASK_ID";
    let Some(id) = variable(ID) else { return Ok(None) };
    let id = number(ID, &id)?;
    let other = |name: &str| {
        let value = variable(name)
            .ok_or_else(|| absent(name, ID, "submit it with sbatch --array=1-4, or `shard = 1/4`"))?;
        number(name, &value)
    };
    let [min, max] = [other("SLURM_ARRAY_TASK_MIN")?, other("SLURM_ARRAY_TASK_MAX")?];
    let [step, count] = [other("SLURM_ARRAY_TASK_STEP")?, other("SLURM_ARRAY_TASK_COUNT")?];
    let from = format!("{ID} = {id} of {min} to {max}");
    let whole = "submit all tasks, as sbatch --array=1-4; to start one again by itself, scontrol requeue it, or give its shard: `shard = 3/4`";
    if min > 1 {
        let problem = format!("is {min}: the array does not begin at 0 or 1, and may be a part of another");
        return Err(Error::usage("SLURM_ARRAY_TASK_MIN", problem, whole));
    }
    let steps = id.checked_sub(min).filter(|_| step > 0 && id <= max).filter(|steps| steps % step == 0);
    let shard = steps.and_then(|steps| Shard::new(steps / step + 1, (max - min) / step + 1));
    match shard {
        Some(shard) if shard.of() == count => Ok(Some(Scheduled { shard, from })),
        _ => {
            let problem = format!(
                "is {count}, and tasks {min} to {max} in steps of {step} are not as many, or {id} is none of them: some were left out"
            );
            Err(Error::usage("SLURM_ARRAY_TASK_COUNT", problem, whole))
        }
    }
}

/// A pod of a Job with `completionMode: Indexed`, which knows its index alone.
fn of_index(variable: &dyn Fn(&str) -> Option<String>, count: Option<usize>) -> Result<Option<Scheduled>> {
    const INDEX: &str = "JOB_COMPLETION_INDEX";
    let Some(index) = variable(INDEX) else { return Ok(None) };
    let index = number(INDEX, &index)?;
    let fix = "set it to the Job's `completions` in the container's env (deploy/kubernetes/attack.yaml does)";
    let count = count.ok_or_else(|| absent(COUNT, INDEX, fix))?;
    within((INDEX, index), (COUNT, count))
}

fn of_rank(
    variable: &dyn Fn(&str) -> Option<String>,
    (rank, size): (&str, &str),
) -> Result<Option<Scheduled>> {
    match (variable(rank), variable(size)) {
        (Some(at), Some(of)) => within((rank, number(rank, &at)?), (size, number(size, &of)?)),
        // A batch script of Slurm is process 0, of no step.
        (Some(_), None) if rank != "SLURM_PROCID" => Err(absent(size, rank, "set both, or neither")),
        (None, Some(_)) => Err(absent(rank, size, "set both, or neither")),
        _ => Ok(None),
    }
}

/// The part of a number that counts from 0.
fn within((name, index): (&str, usize), (count_name, count): (&str, usize)) -> Result<Option<Scheduled>> {
    let from = format!("{name} = {index}, {count_name} = {count}");
    let shard = index.checked_add(1).and_then(|number| Shard::new(number, count));
    let shard = shard.ok_or_else(|| {
        let problem = format!("is {count}, and {name} is {index}, which counts from 0");
        Error::usage(count_name, problem, "set it to how many processes there are")
    })?;
    Ok(Some(Scheduled { shard, from }))
}

fn number(name: &str, value: &str) -> Result<usize> {
    value.trim().parse().map_err(|_| {
        let fix =
            "set it to a whole number, or take it away and say which shard it is, such as `shard = 1/4`";
        Error::usage(name, format!("is {value:?}, which is no number"), fix)
    })
}

fn absent(name: &str, other: &str, fix: &str) -> Error {
    Error::usage(name, format!("is not set, and {other} is"), fix)
}

fn nothing(count: Option<usize>) -> Error {
    let problem = match count {
        Some(count) => {
            format!("finds that there are {count} shards by {COUNT}, and nothing that says which this is")
        }
        None => "finds no variable of a scheduler".to_owned(),
    };
    let fix = format!(
        "start it in a Slurm array (SLURM_ARRAY_TASK_ID), in an Indexed Job of Kubernetes (JOB_COMPLETION_INDEX with {COUNT}), by torchrun \
         (RANK), mpirun (OMPI_COMM_WORLD_RANK, PMI_RANK) or srun (SLURM_PROCID), or say which shard it is, such as `shard = 1/4`"
    );
    Error::usage("`shard = auto`", problem, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &str) -> Result<Scheduled> {
        let get = |name: &str| {
            let pairs = variables.split_whitespace().filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned())
        };
        scheduled(&get)
    }

    fn shard(variables: &str) -> String {
        of(variables).unwrap_or_else(|error| panic!("{variables}: {error}")).shard.to_string()
    }

    fn refusal(variables: &str) -> String {
        of(variables).map(|found| found.shard).unwrap_err().to_string()
    }

    /// What Slurm 22.05 sets for a task of an array.
    fn array(id: usize, (min, max, step, count): (usize, usize, usize, usize)) -> String {
        format!(
            "SLURM_ARRAY_TASK_ID={id} SLURM_ARRAY_TASK_MIN={min} SLURM_ARRAY_TASK_MAX={max} SLURM_ARRAY_TASK_STEP={step} \
             SLURM_ARRAY_TASK_COUNT={count} SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_NPROCS=1"
        )
    }

    #[test]
    fn tasks_of_an_array_are_shards_whatever_it_counts_from() {
        assert_eq!(shard(&array(3, (1, 4, 1, 4))), "3/4");
        assert_eq!(shard(&array(3, (0, 3, 1, 4))), "4/4");
        assert_eq!(shard(&array(2, (0, 6, 2, 4))), "2/4");
        assert_eq!(shard(&array(7, (1, 7, 3, 3))), "3/3");
        assert_eq!(shard(&array(1, (1, 1, 1, 1))), "1/1");
        let found = of(&array(3, (1, 4, 1, 4))).unwrap();
        assert_eq!(found.from, "SLURM_ARRAY_TASK_ID = 3 of 1 to 4");
        // One process of srun in each task is that task.
        assert_eq!(shard(&(array(3, (1, 4, 1, 4)) + " SLURM_STEP_NUM_TASKS=1")), "3/4");
    }

    #[test]
    fn an_array_that_may_be_a_part_of_one_is_refused() {
        assert!(refusal(&array(3, (3, 3, 1, 1))).starts_with("SLURM_ARRAY_TASK_MIN: is 3"));
        let said = refusal(&array(7, (1, 7, 1, 3)));
        assert!(
            said.starts_with("SLURM_ARRAY_TASK_COUNT: is 3") && said.contains("scontrol requeue"),
            "{said}"
        );
        assert!(refusal(&array(9, (1, 4, 1, 4))).starts_with("SLURM_ARRAY_TASK_COUNT"));
        assert!(refusal(&array(3, (0, 6, 2, 4))).contains("3 is none of them"));
        assert!(refusal(&array(1, (0, 6, 0, 4))).starts_with("SLURM_ARRAY_TASK_COUNT"));
        assert!(refusal("SLURM_ARRAY_TASK_ID=3").starts_with("SLURM_ARRAY_TASK_MIN: is not set"));
        // What was submitted is less than the whole that the script names.
        let said = refusal(&(array(1, (0, 1, 1, 2)) + " ASKANCE_SHARDS=4"));
        assert!(said.starts_with("ASKANCE_SHARDS: is 4") && said.contains("shard 2/2"), "{said}");
    }

    #[test]
    fn an_index_of_kubernetes_needs_the_count_of_the_manifest() {
        assert_eq!(shard("JOB_COMPLETION_INDEX=0 ASKANCE_SHARDS=4"), "1/4");
        assert_eq!(shard("JOB_COMPLETION_INDEX=3 ASKANCE_SHARDS=4"), "4/4");
        let said = refusal("JOB_COMPLETION_INDEX=3");
        assert!(said.starts_with("ASKANCE_SHARDS: is not set") && said.contains("completions"), "{said}");
        assert!(
            refusal("JOB_COMPLETION_INDEX=4 ASKANCE_SHARDS=4")
                .contains("is 4, and JOB_COMPLETION_INDEX is 4")
        );
        assert!(refusal("JOB_COMPLETION_INDEX=0 ASKANCE_SHARDS=0").starts_with("ASKANCE_SHARDS"));
    }

    #[test]
    fn ranks_of_every_kind_are_shards() {
        for (rank, size) in RANKS {
            assert_eq!(shard(&format!("{rank}=2 {size}=5")), "3/5", "{rank}");
            assert!(refusal(&format!("{size}=5")).starts_with(&format!("{rank}: is not set")), "{size}");
            assert!(refusal(&format!("{rank}=5 {size}=5")).starts_with(&format!("{size}: is 5")), "{rank}");
        }
        assert!(refusal("RANK=2").starts_with("WORLD_SIZE: is not set"));
        assert_eq!(shard("RANK=0 WORLD_SIZE=1"), "1/1");
        assert_eq!(of("PMI_RANK=1 PMI_SIZE=2").unwrap().from, "PMI_RANK = 1, PMI_SIZE = 2");
    }

    #[test]
    fn variables_that_agree_are_one_and_those_that_do_not_are_refused() {
        let both = "PMI_RANK=1 PMI_SIZE=4 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4";
        assert_eq!(of(both).unwrap().from, "PMI_RANK = 1, PMI_SIZE = 4");
        let said = refusal(&(array(3, (1, 4, 1, 4)) + " RANK=1 WORLD_SIZE=2"));
        assert!(said.contains("shard 3/4 by SLURM_ARRAY_TASK_ID = 3 of 1 to 4"), "{said}");
        assert!(said.contains("shard 2/2 by RANK = 1, WORLD_SIZE = 2"), "{said}");
        assert_eq!(
            shard(&(array(1, (1, 1, 1, 1)) + " RANK=1 WORLD_SIZE=2")),
            "2/2",
            "one task splits nothing"
        );
    }

    #[test]
    fn nothing_at_all_and_no_numbers_are_refused() {
        assert!(refusal("").contains("finds no variable of a scheduler"));
        assert!(
            refusal("SLURM_PROCID=0 SLURM_NTASKS=1").contains("finds no variable"),
            "a script that is no array"
        );
        assert!(refusal("ASKANCE_SHARDS=4").contains("4 shards by ASKANCE_SHARDS"));
        assert!(refusal("RANK=one WORLD_SIZE=2").starts_with("RANK: is \"one\""));
        assert!(refusal("RANK= WORLD_SIZE=2").starts_with("RANK: is \"\""));
        assert!(refusal("RANK=-1 WORLD_SIZE=2").starts_with("RANK"));
    }
}
