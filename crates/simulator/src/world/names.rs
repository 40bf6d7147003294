//! Invented names: every human of the company has one nobody else has, however large the company is.

const FIRST_START: [&str; 30] = [
    "Al", "Bri", "Ca", "Da", "El", "Fa", "Gi", "Ha", "Is", "Jo", "Ka", "Li", "Ma", "Ni", "Ol", "Pe", "Qui", "Ro", "Sa", "Ti", "Ul", "Va",
    "Wi", "Xa", "Ya", "Ze", "Che", "Dre", "Fre", "Tha",
];
const FIRST_END: [&str; 20] = [
    "dan", "bella", "rik", "mina", "vero", "lena", "ton", "risa", "mir", "dora", "nek", "wyn", "sel", "bert", "phie", "gard", "nora",
    "keth", "zia", "lou",
];
const LAST_START: [&str; 40] = [
    "Alder", "Amber", "Ash", "Birch", "Black", "Bram", "Bright", "Brook", "Cedar", "Clay", "Copper", "Crest", "Drift", "Dun", "East",
    "Elm", "Fair", "Fern", "Flint", "Fox", "Glen", "Gold", "Green", "Hart", "Hazel", "Holm", "Iron", "Kestrel", "Lark", "Linden", "Marsh",
    "Mill", "North", "Oak", "Raven", "Silver", "Stone", "Thorn", "West", "Winter",
];
const LAST_END: [&str; 20] = [
    "by", "croft", "dale", "field", "ford", "gate", "grove", "ham", "hurst", "land", "ley", "mere", "more", "ridge", "shaw", "stead",
    "ton", "vale", "ward", "wood",
];

const COUNT: usize = FIRST_START.len() * FIRST_END.len() * LAST_START.len() * LAST_END.len();

/// The name of human `number`; different for each number below 480,000, the same order for the same seed.
pub(super) fn name(number: usize, seed: u64) -> (String, String) {
    // The stride shares no factor with COUNT (2, 3, 5), so that each name comes once before any comes again.
    let place = (number % COUNT * 254_491 + (seed % 479_001_599) as usize) % COUNT;
    let (place, first_start) = (place / FIRST_START.len(), place % FIRST_START.len());
    let (place, first_end) = (place / FIRST_END.len(), place % FIRST_END.len());
    let (last_end, last_start) = (place / LAST_START.len(), place % LAST_START.len());
    let first = format!("{}{}", FIRST_START[first_start], FIRST_END[first_end]);
    // A company larger than the list goes on with second family names.
    let again = number / COUNT;
    let second = if again == 0 {
        String::new()
    } else {
        format!("-{}{}", LAST_START[again % LAST_START.len()], LAST_END[again / LAST_START.len() % LAST_END.len()])
    };
    (first, format!("{}{}{second}", LAST_START[last_start], LAST_END[last_end]))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn nobody_has_the_name_of_somebody_else() {
        let names: HashSet<_> = (0..100_000).map(|number| super::name(number, 7)).collect();
        assert_eq!(names.len(), 100_000);
    }
}
