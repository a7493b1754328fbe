# Lines of package, version, architecture, source, homepage -> an SPDX document.
def debian: "SPDXRef-" + (.[0] | gsub("[^A-Za-z0-9.-]"; "-"));
[inputs | split("\t")] as $packages
| ($version | split(" ")[0]) as $number
| {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name: "ordersaga-\($number)",
    documentNamespace: ("https://ordersaga.example/spdx/\($version)-\($created)" | gsub("[ ()]+"; "-")),
    creationInfo: {created: $created, creators: ["Tool: deploy/sbom"]},
    packages: (
      [{name: "ordersaga", SPDXID: "SPDXRef-ordersaga", versionInfo: $version, downloadLocation: "NOASSERTION",
        filesAnalyzed: false, licenseConcluded: "MIT", licenseDeclared: "MIT", copyrightText: "the ordersaga authors"}]
      + [$packages[] | {
          name: .[0], SPDXID: debian, versionInfo: .[1], supplier: "Organization: Debian", downloadLocation: "NOASSERTION",
          filesAnalyzed: false, licenseConcluded: "NOASSERTION", licenseDeclared: "NOASSERTION", copyrightText: "NOASSERTION",
          homepage: (if .[4] == "" then "NOASSERTION" else .[4] end), sourceInfo: "built from \(.[3])",
          externalRefs: [{referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
                          referenceLocator: "pkg:deb/debian/\(.[0])@\(.[1] | @uri)?arch=\(.[2])"}]}]),
    relationships: (
      [{spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: "SPDXRef-ordersaga"}]
      + [$packages[] | {spdxElementId: "SPDXRef-ordersaga", relationshipType: "DYNAMIC_LINK", relatedSpdxElement: debian}])
  }
