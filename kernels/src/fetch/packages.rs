//! Which packages make up which kernel.

use crate::Version;
use deb822_fast::Deb822;
use std::collections::BTreeMap;
use std::str::FromStr;

/// The kind of kernel: small, and without drivers for hardware that no virtual machine has.
const FLAVOUR: &str = "-cloud-amd64";

/// Bytes that no image with its modules does without: a smaller package has nothing but dependencies.
const LEAST: u64 = 5_000_000;

/// A kernel that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Available {
    /// Which.
    pub version: Version,
    /// The packages that it is in.
    pub packages: Vec<String>,
    /// Their bytes.
    pub size: u64,
    /// Whether its modules are to be had: without, it has no loop devices, and few filesystems.
    pub has_modules: bool,
}

/// What a package has of a kernel. The first is taken, if there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The image alone, signed or not.
    Binary,
    UnsignedBinary,
    /// The image and its modules, or, where there is a `Binary`, nothing but dependencies.
    Image,
    UnsignedImage,
    Modules,
}

/// How packages are named; the longer ones first.
const NAMES: [(&str, &str, Part); 5] = [
    ("linux-binary-unsigned-", "", Part::UnsignedBinary),
    ("linux-binary-", "", Part::Binary),
    ("linux-image-", "-unsigned", Part::UnsignedImage),
    ("linux-image-", "", Part::Image),
    ("linux-modules-", "", Part::Modules),
];

/// What a package of this name has, and of which kernel.
fn part_of(name: &str) -> Option<(Part, Version)> {
    NAMES.iter().find_map(|(before, after, part)| {
        let version = name.strip_prefix(before)?.strip_suffix(after)?;
        let is_one = version.ends_with(FLAVOUR) && version.starts_with(|it: char| it.is_ascii_digit());
        Some((*part, version.parse().ok().filter(|_| is_one)?))
    })
}

/// Whether a package of this name is of a kernel.
pub(super) fn is_of_kernel(name: &str) -> bool {
    part_of(name).is_some()
}

/// A package as apt describes it.
struct Package {
    name: String,
    size: u64,
}

/// The kernels that these packages make up, from what `apt-cache show` prints of them.
pub(super) fn kernels_in(shown: &str) -> Vec<Available> {
    let Ok(paragraphs) = Deb822::from_str(shown) else { return Vec::new() };
    let mut kernels: BTreeMap<String, (Version, BTreeMap<Part, Package>)> = BTreeMap::new();
    for paragraph in paragraphs.iter() {
        let Some(name) = paragraph.get("Package") else { continue };
        let Some((part, version)) = part_of(name) else { continue };
        let version = version.made_from(paragraph.get("Version").unwrap_or_default());
        let size = paragraph.get("Size").and_then(|it| it.parse().ok()).unwrap_or(0);
        let package = Package { name: name.to_owned(), size };
        // What apt shows first is what it would install.
        let entry = kernels.entry(version.to_string()).or_insert_with(|| (version, BTreeMap::new()));
        entry.1.entry(part).or_insert(package);
    }
    let mut available: Vec<Available> = kernels.into_values().filter_map(|(it, parts)| whole(it, &parts)).collect();
    available.sort_by(|one, other| one.version.cmp(&other.version));
    available
}

/// The kernel of these parts, if one of them is its image.
fn whole(version: Version, parts: &BTreeMap<Part, Package>) -> Option<Available> {
    let is_one = |(part, package): &(Part, &Package)| *part < Part::Image || package.size >= LEAST;
    let images = [Part::Binary, Part::UnsignedBinary, Part::Image, Part::UnsignedImage];
    let (part, image) = images.into_iter().filter_map(|it| Some((it, parts.get(&it)?))).find(is_one)?;
    let modules = parts.get(&Part::Modules);
    let has_modules = modules.is_some() || part >= Part::Image;
    let packages: Vec<&Package> = [image].into_iter().chain(modules).collect();
    Some(Available {
        version,
        size: packages.iter().map(|it| it.size).sum(),
        packages: packages.iter().map(|it| it.name.clone()).collect(),
        has_modules,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn available(packages: &[(&str, &str)]) -> Vec<Available> {
        let shown = packages.iter().map(|(name, version)| {
            let size = if name.contains("-6.12-") { 1000 } else { 10_000_000 };
            format!("Package: {name}\nVersion: {version}\nDescription: a kernel\n It has\n .\n lines.\nSize: {size}\n")
        });
        kernels_in(&shown.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn an_image_alone_has_its_modules_and_a_binary_needs_them() {
        let found = available(&[
            ("linux-image-7.3.4+deb13-cloud-amd64", "7.3.4-1~bpo13+1"),
            ("linux-binary-7.3.4+deb13-cloud-amd64", "7.3.4-1~bpo13+1"),
            ("linux-modules-7.3.4+deb13-cloud-amd64", "7.3.4-1~bpo13+1"),
            ("linux-image-7.0.4+deb13-cloud-amd64", "7.0.4-1"),
            ("linux-binary-7.0.4+deb13-cloud-amd64", "7.0.4-1"),
            ("linux-image-5.10.0-32-cloud-amd64", "5.10.223-1"),
            ("linux-image-5.10.0-32-cloud-amd64-unsigned", "5.10.223-1"),
            ("linux-image-5.10.0-32-cloud-amd64-dbg", "5.10.223-1"),
            ("linux-image-6.1.0-9-cloud-amd64-unsigned", "6.1.27-1"),
            ("linux-image-6.1.0-9-amd64", "6.1.27-1"),
            ("linux-image-cloud-amd64", "6.1.27-1"),
            ("linux-image-6.12-cloud-amd64", "6.12.117-1"),
        ]);
        let lines: Vec<(&str, Vec<&str>, bool)> = found
            .iter()
            .map(|it| (it.version.as_str(), it.packages.iter().map(String::as_str).collect(), it.has_modules))
            .collect();
        assert_eq!(
            lines,
            [
                ("5.10.0-32-cloud-amd64", vec!["linux-image-5.10.0-32-cloud-amd64"], true),
                ("6.1.0-9-cloud-amd64", vec!["linux-image-6.1.0-9-cloud-amd64-unsigned"], true),
                ("7.0.4+deb13-cloud-amd64", vec!["linux-binary-7.0.4+deb13-cloud-amd64"], false),
                (
                    "7.3.4+deb13-cloud-amd64",
                    vec!["linux-binary-7.3.4+deb13-cloud-amd64", "linux-modules-7.3.4+deb13-cloud-amd64"],
                    true
                ),
            ]
        );
        assert_eq!(found[0].version.release(), "5.10.223");
        assert_eq!(found[3].size, 20_000_000);
    }
}
