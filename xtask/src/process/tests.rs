use super::descendants;

#[test]
fn descendants_are_found_through_generations_and_strangers_are_not() {
    let table = "    1     0\n   10     1\n   11    10\n  111    11\n   12     1\n  100    12\n";
    assert_eq!(descendants(table, "10"), ["10", "11", "111"]);
    assert_eq!(descendants(table, "99"), ["99"]);
}
