//! The work of a model for one picture: how much it computes.

use std::collections::BTreeMap;
use std::io::{BufReader, Cursor};

use super::bundle::{Bundle, Graph, IMAGE_GRAPH, Manifest};
use super::onnx::initialisers;
use super::winclip::windows::windows;
use crate::file;

/// The work of the image tower of a WinCLIP for one picture, all windows together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImageWork {
    /// Number of tokens of the whole picture and of every window, each with its class token.
    pub tokens: usize,
    /// Number of floating point operations, an addition and a multiplication each counted: the linear layers and the attention of
    /// every block over every token. `None` where the graph's weights have other names than `export/` gives them.
    pub flop: Option<f64>,
}

/// The shape of a transformer, as its weights tell.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tower {
    width: usize,
    blocks: usize,
    /// Weights of the linear layers of all blocks.
    weights: usize,
}

/// The work of a WinCLIP for one picture with windows `stride` patches apart; `None` for a graph that is no CLIP.
///
/// The count is nominal: a graph that computes the first layer once for all windows, or the last one for class tokens alone, is
/// faster at the same count. The patch embedding is left out (0.05 % of a ViT-B/16).
pub fn image_work(bundle: &Bundle, stride: usize) -> Option<ImageWork> {
    let Manifest::Clip(manifest) = bundle.manifest() else { return None };
    let [rows, columns] = manifest.image.patch_grid;
    let mut sequences = vec![(1, 1 + rows * columns)];
    sequences.extend(
        manifest.winclip.scales.iter().map(|&k| (windows((rows, columns), k, stride).nrows(), 1 + k * k)),
    );
    let tokens = sequences.iter().map(|(count, length)| count * length).sum();
    let weights = match bundle.graph(IMAGE_GRAPH) {
        Graph::File(path) => file::open(&path, "export the bundle again")
            .ok()
            .and_then(|file| initialisers(&mut BufReader::new(file)).ok()),
        Graph::Memory(bytes) => initialisers(&mut Cursor::new(bytes)).ok(),
    };
    let tower = weights.and_then(|weights| tower(&weights));
    Some(ImageWork { tokens, flop: tower.map(|tower| tower.flop(&sequences)) })
}

impl Tower {
    /// Number of operations for sequences given as (how many, tokens in each).
    fn flop(self, sequences: &[(usize, usize)]) -> f64 {
        let of = |&(count, length): &(usize, usize)| {
            let (count, length) = (count as f64, length as f64);
            let linear = 2.0 * self.weights as f64 * length;
            // Scores and their weighted sum, each a product of (length x width) by (width x length) in all heads together.
            let attention = self.blocks as f64 * 4.0 * length * length * self.width as f64;
            count * (linear + attention)
        };
        sequences.iter().map(of).sum()
    }
}

fn tower(weights: &BTreeMap<String, Vec<usize>>) -> Option<Tower> {
    const LINEAR: [&str; 4] =
        ["attn.in_proj_weight", "attn.out_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"];
    let of_blocks = || weights.iter().filter(|(name, _)| name.starts_with("visual.transformer.resblocks."));
    let linear = of_blocks().filter(|(name, _)| LINEAR.iter().any(|part| name.ends_with(part)));
    let blocks = of_blocks().filter(|(name, _)| name.ends_with(LINEAR[0])).count();
    let width = weights.get("visual.class_embedding")?.first().copied()?;
    let count = |shape: &Vec<usize>| shape.iter().try_fold(1, |all: usize, &size| all.checked_mul(size));
    let weights: Vec<usize> = linear.map(|(_, shape)| count(shape)).collect::<Option<_>>()?;
    let all = weights.iter().try_fold(0, |all: usize, &more| all.checked_add(more))?;
    (blocks > 0 && weights.len() == blocks * LINEAR.len()).then_some(Tower { width, blocks, weights: all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pocket_is_counted_by_hand() {
        let work = image_work(&Bundle::embedded("pocket").unwrap(), 1).unwrap();
        // 1 x 145, 121 windows of 2 x 2 and 100 of 3 x 3 patches.
        assert_eq!(work.tokens, 145 + 121 * 5 + 100 * 10);
        // 3 blocks of width 64 with an MLP of 192: 3 * (3 + 1) * 64^2 + 2 * 64 * 192 weights each.
        let weights = 3.0 * (4.0 * 64.0 * 64.0 + 2.0 * 64.0 * 192.0);
        let squares = 145.0 * 145.0 + 121.0 * 25.0 + 100.0 * 100.0;
        assert_eq!(work.flop, Some(2.0 * weights * 1750.0 + 3.0 * 4.0 * 64.0 * squares));
    }

    #[test]
    fn a_vit_b_16_plus_at_240_pixels_takes_two_thirds_of_a_teraflop() {
        let tower = Tower { width: 896, blocks: 12, weights: 12 * 12 * 896 * 896 };
        let flop = tower.flop(&[(1, 226), (196, 5), (169, 10)]);
        assert!((flop / 1e12 - 0.67).abs() < 0.005, "{flop}");
    }

    #[test]
    fn unknown_names_and_senseless_shapes_give_no_count() {
        assert_eq!(tower(&BTreeMap::from([("w".into(), vec![3, 4])])), None);
        let block = |name: &str| format!("visual.transformer.resblocks.0.{name}");
        let mut weights = BTreeMap::from([("visual.class_embedding".to_string(), vec![4])]);
        for name in ["attn.in_proj_weight", "attn.out_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"] {
            weights.insert(block(name), vec![4, 4]);
        }
        assert!(tower(&weights).is_some());
        weights.insert(block("mlp.c_fc.weight"), vec![usize::MAX, 4]);
        assert_eq!(tower(&weights), None, "no count beyond all numbers");
    }
}
