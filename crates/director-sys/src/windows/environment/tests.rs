use super::*;

fn text(variables: &[(&str, &str)]) -> io::Result<String> {
    let variables: Vec<(OsString, OsString)> = variables.iter().map(|(n, v)| (n.into(), v.into())).collect();
    block(&variables).map(|units| String::from_utf16(&units).unwrap())
}

#[test]
fn the_block_is_sorted_without_case_and_ends_in_two_nuls() {
    assert_eq!(
        text(&[("b", "1"), ("A", "2"), ("_", "3"), ("C", "")]).unwrap(),
        "A=2\0b=1\0C=\0_=3\0\0"
    );
    assert_eq!(text(&[]).unwrap(), "\0\0");
}

#[test]
fn of_two_names_that_differ_in_case_the_later_counts() {
    assert_eq!(
        text(&[("Path", "old"), ("X", "1"), ("PATH", "new")]).unwrap(),
        "PATH=new\0X=1\0\0"
    );
}

#[test]
fn values_may_have_equal_signs_and_names_may_begin_with_one() {
    assert_eq!(
        text(&[("=C:", r"C:\x"), ("A", "b=c")]).unwrap(),
        "=C:=C:\\x\0A=b=c\0\0"
    );
}

#[test]
fn what_cannot_be_passed_is_refused() {
    for (name, value) in [("", "x"), ("a=b", "x"), ("=", "x"), ("a\0b", "x"), ("a", "x\0y")] {
        assert_eq!(
            text(&[(name, value)]).unwrap_err().kind(),
            io::ErrorKind::InvalidInput,
            "{name:?} {value:?}"
        );
    }
}
