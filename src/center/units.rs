//! Small written forms of the configuration: durations, names, times of the day. Read and written here, so that the two agree.

/// Larger first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Milliseconds of `30s`, `5m`, `24h`, `1h30m`, `250ms`.
pub(super) fn read_duration(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*millis)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// The shortest form with one unit.
pub(super) fn write_duration(millis: u64) -> String {
    let fits = UNITS.iter().find(|(_, unit)| millis != 0 && millis.is_multiple_of(*unit));
    fits.map_or_else(|| "0s".to_owned(), |(name, unit)| format!("{}{name}", millis / unit))
}

/// Names of units, services, queues, hours and keys.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Sign-in names.
pub(super) fn is_agent(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-@".contains(&b))
}

/// Monday is day 1.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// `mon-fri 09:00-17:30`, `sat 10:00-14:00`; a range over midnight such as `fri 22:00-02:00` ends on the next day.
pub(super) fn read_open(text: &str) -> Option<Vec<(u8, u16, u16)>> {
    let (days, times) = text.trim().split_once(' ')?;
    let (from, to) = times.trim().split_once('-')?;
    let (from, to) = (read_minute(from)?, read_minute(to)?);
    let (first, last) = match days.split_once('-') {
        Some((first, last)) => (read_day(first)?, read_day(last)?),
        None => (read_day(days)?, read_day(days)?),
    };
    if from == to || from == 1_440 || to == 0 {
        return None;
    }
    let mut open = Vec::new();
    let mut day = first;
    loop {
        if from < to {
            open.push((day, from, to));
        } else {
            open.push((day, from, 1_440));
            open.push((day % 7 + 1, 0, to));
        }
        if day == last {
            return Some(open);
        }
        day = day % 7 + 1;
    }
}

pub(super) fn write_open((day, from, to): (u8, u16, u16)) -> String {
    let name = DAYS.get(usize::from(day).wrapping_sub(1)).copied().unwrap_or("?");
    format!("{name} {:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

fn read_day(text: &str) -> Option<u8> {
    let index = DAYS.iter().position(|day| *day == text)?;
    u8::try_from(index + 1).ok()
}

fn read_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 || !text.is_ascii() {
        return None;
    }
    let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
    (minute < 60 && hour * 60 + minute <= 1_440).then_some(hour * 60 + minute)
}
