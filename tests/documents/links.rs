//! Every relative link leads to a file, and every anchor to a heading.

use crate::markdown::Document;
use crate::{documents, files, read, root};
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn links_lead_somewhere() {
    let parsed: BTreeMap<_, _> =
        files("md").into_iter().map(|it| (root().join(&it), Document::parse(&read(&it)))).collect();
    let mut broken = Vec::new();
    let mut followed = 0;
    for path in documents() {
        for (line, link) in &parsed[&root().join(&path)].links {
            if link.contains("://") {
                continue;
            }
            followed += 1;
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(file, it)| (file, Some(it)));
            let target = if file.is_empty() {
                root().join(&path)
            } else {
                let target = root().join(path.parent().unwrap_or(Path::new(""))).join(file);
                match target.canonicalize() {
                    Ok(it) => it,
                    Err(_) => {
                        broken.push(format!("{}:{line}: there is no {file}", path.display()));
                        continue;
                    }
                }
            };
            let heads = |anchor: &str| parsed.get(&target).is_some_and(|it| it.anchors.iter().any(|it| it == anchor));
            if let Some(anchor) = anchor.filter(|it| !heads(it)) {
                broken.push(format!("{}:{line}: {file} has no heading #{anchor}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(followed > 500, "only {followed} links were followed");
}
