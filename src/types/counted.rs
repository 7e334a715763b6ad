/// A number with what it counts, in the singular for one.
pub fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        let said = [0, 1, 2].map(|number| counted(number, "category", "categories"));
        assert_eq!(said, ["0 categories", "1 category", "2 categories"]);
    }
}
