// The table of techniques: data and nothing else. "Second-hand" is what others say a document
// says, "unconfirmed" what nobody we could read says; docs/standards.md tells who said it. We say
// in our own words what a document asks for, and claim no conformity with any.

#include <array>

#include "plan/technique.h"

namespace quietus {

namespace {

Pattern repeated(std::initializer_list<unsigned> bytes) {
    ConstantPattern pattern;
    for (const unsigned byte : bytes) pattern.bytes.push_back(static_cast<std::byte>(byte));
    return pattern;
}
Pattern keystream() {
    return KeystreamPattern{};
}
Pattern zeros() {
    return repeated({0x00});
}
Pattern ones() {
    return repeated({0xFF});
}
Pattern drawn(int slot) {
    return DrawnBytePattern{.slot = slot, .complement = false};
}
Pattern complement_of(int slot) {
    return DrawnBytePattern{.slot = slot, .complement = true};
}

// Stands under every row: it is what the level claimed rests on.
Citation one_pass_is_enough() {
    return {"NIST SP 800-88r2", "September 2025", "current",
            "for clear by overwriting it holds one pass to be enough (section 3.1.1 footnote 5; "
            "FAQ Q6); the choice of pattern is ours"};
}

Technique single_pass(std::string name, std::string title, Pattern pattern) {
    return {
        .name = std::move(name),
        .title = std::move(title),
        .passes = {std::move(pattern)},
        .references = {one_pass_is_enough(),
                       {"NIST SP 800-88r1", "2014", "withdrawn; superseded by NIST SP 800-88r2",
                        "meant by clear, as r2 does, that every user-addressable place is reached "
                        "through ordinary commands"}},
        .verified = {},
        .status = "current",
        .note = {},
    };
}

Technique legacy(Technique row) {
    row.references.push_back(one_pass_is_enough());
    return row;
}

std::vector<Pattern> random_passes(std::size_t count) {
    return std::vector<Pattern>(count, keystream());
}

std::vector<Pattern> gutmann_passes() {
    const Pattern a = repeated({0x92, 0x49, 0x24});
    const Pattern b = repeated({0x49, 0x24, 0x92});
    const Pattern c = repeated({0x24, 0x92, 0x49});
    std::vector<Pattern> passes = random_passes(4);
    passes.insert(passes.end(), {repeated({0x55}), repeated({0xAA}), a, b, c});
    for (unsigned nibble = 0; nibble <= 0xF; ++nibble) passes.push_back(repeated({nibble * 0x11}));
    passes.insert(passes.end(), {a, b, c, repeated({0x6D, 0xB6, 0xDB}),
                                 repeated({0xB6, 0xDB, 0x6D}), repeated({0xDB, 0x6D, 0xB6})});
    passes.insert(passes.end(), 4, keystream());
    return passes;
}

// ---- United States
// -------------------------------------------------------------------------------

constexpr const char* kDodStatus =
    "withdrawn: the edition of 2006 has no table of overwriting any more (unconfirmed)";

Technique dod_3() {
    return legacy({
        .name = "dod-3",
        .title = "three passes after DoD 5220.22-M: a character, its complement, random",
        .passes = {drawn(1), complement_of(1), keystream()},
        .references = {{"DoD 5220.22-M (NISPOM) 8-306 d", "1995", kDodStatus,
                        "second-hand: a character, its complement, then a random character, and "
                        "verify"}},
        .verified = {3},
        .status = kDodStatus,
        .note = "the text names no characters, so one is drawn; other programs write 00, ff and "
                "random under this name. The random character is written as keystream.",
    });
}

Technique dod_ece_7() {
    return legacy({
        .name = "dod-ece-7",
        .title = "seven passes called DoD 5220.22-M ECE: E, C and E again",
        .passes = {drawn(1), complement_of(1), keystream(), drawn(2), drawn(3), complement_of(3),
                   keystream()},
        .references = {{"DoD 5220.22-M ECE", "not known to us", kDodStatus,
                        "unconfirmed: E (a character, its complement, random), C (one character), "
                        "and E again with other characters, as programs run it"}},
        .verified = {7},
        .status = kDodStatus,
        .note =
            "that any edition asks for the sum of seven passes is unconfirmed. Three characters "
            "are drawn.",
    });
}

Technique navso() {
    return legacy({
        .name = "navso-p-5239-26",
        .title = "three passes after NAVSO P-5239-26 for RLL drives: ones, a word, random",
        .passes = {ones(), repeated({0x27, 0xFF, 0xFF, 0xFF}), keystream()},
        .references = {{"NAVSO P-5239-26, Remanence Security Guidebook", "September 1993",
                        "withdrawn (unconfirmed)",
                        "read in an extract: ones, then a word of 32 bits that depends on the "
                        "drive's encoding, then a pseudo-random sequence, verified"}},
        .verified = {3},
        .status = "withdrawn (unconfirmed)",
        .note = "the list for RLL drives; MFM drives, which no current host can attach, have "
                "another word. The text gives the word bit by bit and no order of bytes; 27 ff ff "
                "ff is how other programs read it. A simpler list (a character, its complement, "
                "random) also goes by this name.",
    });
}

Technique afssi() {
    return legacy({
        .name = "afssi-5020",
        .title = "three passes after AFSSI 5020: zeros, ones, a character",
        .passes = {zeros(), ones(), drawn(1)},
        .references = {{"AFSSI 5020, Remanence Security",
                        "20 August 1996, superseding 15 April 1991", "withdrawn (unconfirmed)",
                        "second-hand: zeros, ones, any character, verified"}},
        .verified = {3},
        .status = "withdrawn (unconfirmed)",
        .note = "programs vary: some write ones first, some a random pass. The character is drawn.",
    });
}

Technique ar_380_19() {
    return legacy({
        .name = "ar-380-19",
        .title = "three passes after AR 380-19: random, a character, its complement",
        .passes = {keystream(), drawn(1), complement_of(1)},
        .references = {{"US Army AR 380-19", "27 February 1998",
                        "superseded by AR 25-2 (unconfirmed)",
                        "second-hand: a random character, a specified character, the complement "
                        "of the specified character"}},
        .verified = {},
        .status = "superseded by AR 25-2 (unconfirmed)",
        .note = "other programs write ff or 00 and end with random under this name. The random "
                "character is written as keystream, the specified one is drawn. Whether the text "
                "asks for verification is unconfirmed.",
    });
}

// ---- Canada, Germany, United Kingdom
// -------------------------------------------------------------

Technique rcmp_ops_2() {
    return legacy({
        .name = "rcmp-ops-2",
        .title = "seven passes after RCMP TSSIT OPS-II: zeros and ones three times, random",
        .passes = {zeros(), ones(), zeros(), ones(), zeros(), ones(), keystream()},
        .references = {{"RCMP TSSIT, appendix OPS-II: Media Sanitation", "not known to us",
                        "superseded by CSEC ITSG-06",
                        "second-hand: zeros and ones in turn, six passes, then random, verified"}},
        .verified = {7},
        .status = "superseded by CSEC ITSG-06",
        .note = "nwipe's ops2 writes other passes: four drawn characters, each followed by its "
                "complement, then random.",
    });
}

Technique itsg_06() {
    return legacy({
        .name = "csec-itsg-06",
        .title = "three passes after CSEC ITSG-06: a character, its complement, random",
        .passes = {drawn(1), complement_of(1), keystream()},
        .references = {{"CSEC ITSG-06, Clearing and Declassifying Electronic Data Storage Devices",
                        "July 2006", "superseded by ITSP.40.006 v2",
                        "second-hand: a character, its complement, random, verified"},
                       {"CSE ITSP.40.006 v2, IT Media Sanitization", "7 July 2017",
                        "current (unconfirmed)", "says that it supersedes ITSG-06"}},
        .verified = {3},
        .status = "superseded by ITSP.40.006 v2",
        .note = "the character is drawn.",
    });
}

Technique bsi_vsitr() {
    return legacy({
        .name = "bsi-vsitr",
        .title = "seven passes after the VSITR: zeros and ones three times, aa",
        .passes = {zeros(), ones(), zeros(), ones(), zeros(), ones(), repeated({0xAA})},
        .references = {{"VSITR (guideline of the German ministry of the interior)",
                        "1 September 1998", "withdrawn: void since 2009 (second-hand)",
                        "second-hand: 00 and ff in turn, six passes, then aa"}},
        .verified = {},
        .status = "superseded by BSI TL-03423 in 2009 (second-hand)",
        .note = "BSI TL-03423 has a list of eight steps called BSI-VSITR, with a label in each "
                "sector; it is another one. Some programs end with random instead of aa.",
    });
}

Technique bsi_2011_vs() {
    return legacy({
        .name = "bsi-2011-vs",
        .title = "two passes after BSI-2011-VS: keystream that is read back, ones",
        .passes = {keystream(), ones()},
        .references = {{"BSI TL-03423, method BSI-2011-VS", "April 2016",
                        "current (unconfirmed: not known to be withdrawn)",
                        "second-hand: an AES-128 keystream (OFB) under a random key that is "
                        "destroyed, verification of it, then ff"}},
        .verified = {1},
        .status = "current (unconfirmed: not known to be withdrawn)",
        .note = "departs from the text: the keystream is AES-256 in counter mode (ChaCha20 where "
                "the CPU has no AES), and its key stays in the journal of this host.",
    });
}

Technique is5_baseline() {
    return legacy({
        .name = "hmg-is5-baseline",
        .title = "one pass after HMG IS5 baseline: zeros",
        .passes = {zeros()},
        .references = {{"HMG Infosec Standard 5, baseline", "not known to us",
                        "withdrawn (unconfirmed)", "second-hand: one pass of zeros, verified"}},
        .verified = {1},
        .status = "withdrawn (unconfirmed)",
        .note = "some texts have a random pass instead of zeros.",
    });
}

Technique is5_enhanced() {
    return legacy({
        .name = "hmg-is5-enhanced",
        .title = "three passes after HMG IS5 enhanced: zeros, ones, random",
        .passes = {zeros(), ones(), keystream()},
        .references = {{"HMG Infosec Standard 5, enhanced", "not known to us",
                        "withdrawn (unconfirmed)",
                        "second-hand: two fixed passes, each the complement of the other, then "
                        "random, verified"}},
        .verified = {3},
        .status = "disputed: sources disagree on the order of the first two passes",
        .note = "ones, zeros, random in some texts; the order here is the one nwipe has.",
    });
}

// ---- Papers and books
// ----------------------------------------------------------------------------

Technique gutmann() {
    constexpr const char* kStatus =
        "superseded by its author's epilogue: it targets recording codes of drives long gone";
    return legacy({
        .name = "gutmann",
        .title = "35 passes after Gutmann: 4 random, 27 fixed, 4 random",
        .passes = gutmann_passes(),
        .references = {{"P. Gutmann, Secure Deletion of Data from Magnetic and Solid-State Memory",
                        "Sixth USENIX Security Symposium, July 1996, with a later epilogue",
                        kStatus,
                        "patterns against the encodings of that time, random before and after "
                        "them; no standard"}},
        .verified = {},
        .status = kStatus,
        .note = "the paper asks for the 27 fixed passes in an order drawn at random; they are "
                "written in the order they are listed in.",
    });
}

Technique schneier_7() {
    return legacy({
        .name = "schneier-7",
        .title = "seven passes after Schneier: ones, zeros, 5 random",
        .passes = {ones(), zeros(), keystream(), keystream(), keystream(), keystream(),
                   keystream()},
        .references = {{"B. Schneier, Applied Cryptography, second edition", "1996",
                        "not a standard", "second-hand: ones, zeros, then five random passes"}},
        .verified = {},
        .status = "not a standard: advice of 1996",
        .note = "some programs write zeros before ones.",
    });
}

Technique pfitzner(std::size_t passes) {
    const std::string count = std::to_string(passes);
    return legacy({
        .name = "pfitzner-" + count,
        .title = count + " random passes after Pfitzner",
        .passes = random_passes(passes),
        .references = {{"attributed to R. Pfitzner", "no document is known to us", "not a standard",
                        "unconfirmed: " + count +
                            " random passes, as programs "
                            "run it"}},
        .verified = {},
        .status = "not a standard: no document is known to us",
        .note = {},
    });
}

Citation reaches_all_of_the_medium() {
    return {"NVM Express Base Specification", "2.0, 2021", "current",
            "describes Sanitize (section 5.24 as public sources cite it): all user data of the NVM "
            "subsystem, on all its media, cannot be got back afterwards; boot partitions and "
            "replay-protected blocks are left"};
}

Citation what_the_drive_itself_does() {
    return {"NIST SP 800-88r2", "September 2025", "current",
            "leaves the choice of technique to the owner's policy; that the drive's own sanitize "
            "counts as purge is ours (clause unconfirmed)"};
}

Technique by_device(Level level, std::string title, std::vector<DeviceCommand> commands,
                    std::string note) {
    Technique row;
    row.name = to_string(commands.front());
    row.title = std::move(title);
    row.references = {reaches_all_of_the_medium(), what_the_drive_itself_does()};
    row.status = "current";
    row.note = std::move(note);
    row.level = level;
    row.commands = std::move(commands);
    return row;
}

Technique crypto_then_block() {
    Technique row =
        by_device(Level::purge, "NVMe Sanitize: crypto erase, then block erase",
                  {DeviceCommand::nvme_sanitize_crypto, DeviceCommand::nvme_sanitize_block}, {});
    row.name = "nvme-sanitize-crypto-block";
    return row;
}

std::vector<Technique> make_table() {
    return {
        single_pass("random", "one pass of keystream under a fresh key", keystream()),
        single_pass("zero", "one pass of zero bytes", zeros()),
        single_pass("ones", "one pass of 0xff bytes", ones()),
        dod_3(),
        dod_ece_7(),
        gutmann(),
        rcmp_ops_2(),
        itsg_06(),
        navso(),
        bsi_vsitr(),
        bsi_2011_vs(),
        is5_baseline(),
        is5_enhanced(),
        schneier_7(),
        pfitzner(7),
        pfitzner(33),
        afssi(),
        ar_380_19(),
        crypto_then_block(),
        by_device(Level::purge, "NVMe Sanitize: block erase", {DeviceCommand::nvme_sanitize_block},
                  {}),
        by_device(Level::purge, "NVMe Sanitize: overwrite, one pass of a pattern",
                  {DeviceCommand::nvme_sanitize_overwrite}, {}),
        by_device(Level::clear, "NVMe Sanitize: crypto erase alone",
                  {DeviceCommand::nvme_sanitize_crypto},
                  "purge by change of key rests on the key's whole life being known (NIST SP "
                  "800-88r2 section 3.2); the lower claim is made"),
    };
}

// nwipe's words for its methods (nwipe 0.42, --help). shred has none: its default is three random
// passes, which an own profile can say.
constexpr std::array<TechniqueAlias, 11> kAliases{{
    {"prng", "random"},
    {"stream", "random"},
    {"quick", "zero"},
    {"one", "ones"},
    {"dodshort", "dod-3"},
    {"dod3pass", "dod-3"},
    {"dod", "dod-ece-7"},
    {"dod522022m", "dod-ece-7"},
    {"ops2", "rcmp-ops-2"},
    {"is5enh", "hmg-is5-enhanced"},
    {"bruce7", "schneier-7"},
}};

}  // namespace

std::span<const Technique> technique_table() {
    static const std::vector<Technique> kTable = make_table();
    return kTable;
}

std::span<const TechniqueAlias> technique_aliases() {
    return kAliases;
}

}  // namespace quietus
