using Osl.Operations;
using Osl.Operations.Policies;
using Osl.Operations.Processes;
using Osl.Security.Policies;
using Xunit;

namespace Osl.Tests.Unit.Policies;

public sealed class PolicyReaderTests
{
    private static readonly string Program = PolicyPaths.Here("/usr/bin/git");
    private static readonly string Repositories = PolicyPaths.Here("/srv/repos");

    private static readonly string Git = """
        version: 1
        default: deny
        rules:
          - id: git-readonly
            effect: allow            # allow | require-approval | deny
            principals: [role:dev]
            actions: [process.start]
            executable: { path: /usr/bin/git }
            arguments: [{ oneOf: [status, log] }, { rest: '--?[a-z-]+' }]
            workingDirectory: { under: /srv/repos }
            environment: { allow: [LANG], deny: ["LD_*", "GIT_*"] }
            require: { newProcessGroup: true, maxTimeout: 30s }
            because: read-only git
            matches:    [["git", "status"]]
            notMatches: [["git", "-c", "x=y", "status"]]
        """.Replace("/usr/bin/git", Program, StringComparison.Ordinal).Replace("/srv/repos", Repositories, StringComparison.Ordinal);

    /// <summary>A rule of the file that fits on one line, with room for one more key at line 3.</summary>
    private static string With(string keys) =>
        $"version: 1\nrules:\n  - {{ id: a, effect: allow, actions: [process.start], executable: {{ path: {PolicyPaths.Here("/x")} }}, arguments: any, {keys} }}\n";

    [Fact]
    public void The_example_of_the_facts_equals_what_the_builder_makes()
    {
        var built = new PolicyBuilder()
            .Allow(
                "git-readonly",
                rule =>
                    rule with
                    {
                        Principals = ["role:dev"],
                        Actions = ["process.start"],
                        Executable = new ExecutableCondition { Paths = [Program] },
                        Arguments = ArgumentPattern.Of(ArgumentElement.OneOf("status", "log"), ArgumentElement.Rest("--?[a-z-]+")),
                        WorkingDirectory = new PathCondition { Under = [Repositories] },
                        Environment = new EnvironmentCondition { Allow = ["LANG"], Deny = ["LD_*", "GIT_*"] },
                        Require = new Requirement { NewProcessGroup = true, MaxTimeout = TimeSpan.FromSeconds(30) },
                        Because = "read-only git",
                        Matches =
                        [
                            ["git", "status"],
                        ],
                        NotMatches =
                        [
                            ["git", "-c", "x=y", "status"],
                        ],
                    }
            )
            .Compile()
            .AsT0;
        var read = PolicyReader.Read(Git).AsT0;

        Assert.Equal(built.Document, read.Document);
        Assert.Equal(built.Hash, read.Hash);
    }

    [Fact]
    public void Json_is_yaml()
    {
        const string Json = """
            {
              "version": 1,
              "rules": [
                { "id": "a", "effect": "require-approval", "actions": ["process.signal"], "target": ["own-group"], "elevated": true },
                { "id": "b", "effect": "allow", "actions": ["process.start"], "executable": "any", "arguments": ["\u00e9", { "rest": { "any": true } }] }
              ]
            }
            """;
        var document = PolicyReader.Read(Json).AsT0.Document;

        Assert.Equal([RuleTarget.OwnGroup], document.Rules[0].Target);
        Assert.Equal(ArgumentPattern.Of("\u00e9", ArgumentElement.RestAny), document.Rules[1].Arguments);
    }

    [Theory]
    [InlineData("version: 1\nrules: []\nrulez: []", 3, 1, "no key 'rulez'", "rules")]
    [InlineData("version: 1\nrules: []\nrules: []", 3, 1, "twice", null)]
    [InlineData("version: 1\nrules:\n", 2, 7, "null", null)]
    [InlineData("version: 1\nrules: ~", 2, 8, "null", null)]
    [InlineData("version: 2\nrules: []", 1, 10, "version", null)]
    [InlineData("rules: []", 1, 1, "version", null)]
    [InlineData("version: 1\nrules: &a []", 2, 8, "anchor", null)]
    [InlineData("version: 1\nrules: *a", 2, 8, null, null)]
    [InlineData("version: !!int 1\nrules: []", 1, 10, "tag", null)]
    [InlineData("version: 1\nrules: []\n<<: {}", 3, 1, "merge", null)]
    [InlineData("version: 1\nrules: []\n---\nversion: 1", 3, 1, "second document", null)]
    [InlineData("", 1, 1, "empty", null)]
    [InlineData("- a", 1, 1, "no mapping", null)]
    [InlineData("version: 1\nrules: {}", 2, 8, "no list", null)]
    [InlineData("version: 1\nrules: [\n", 3, 1, null, null)]
    [InlineData("version: 1\ndefault: allow\nrules: []", 2, 10, "'allow'", null)]
    [InlineData("version: 1\nrules:\n  - id: a\n    effect: alow\n    actions: [process.start]", 4, 13, "'alow'", "allow")]
    [InlineData("version: 1\nrules:\n  - id: a\n    effect: deny", 3, 5, "no actions", null)]
    [InlineData("version: 1\nrules:\n  - id: a\n    effect: deny\n    actions: [process.strat]", 5, 15, "process.strat", null)]
    [InlineData("version: 1\nrules:\n  - id: a\n    effect: allow\n    actions: ['process.*']", 5, 15, "'*'", null)]
    [InlineData(
        "version: 1\nrules:\n  - id: a\n    effect: allow\n    actions: [process.start]\n    executable: any",
        3,
        5,
        "nothing of arguments",
        null
    )]
    [InlineData(
        "version: 1\nrules:\n  - id: a\n    effect: allow\n    actions: [process.start]\n    arguments: any",
        3,
        5,
        "which program",
        null
    )]
    [InlineData(
        "version: 1\nrules:\n  - id: a\n    effect: allow\n    actions: [process.start]\n    executable: any\n    arguments:",
        7,
        15,
        "null",
        null
    )]
    [InlineData(
        "version: 1\nrules:\n  - { id: a, effect: deny, actions: [x] }\n  - { id: a, effect: deny, actions: [x] }",
        4,
        11,
        "another rule",
        null
    )]
    public void What_a_file_does_not_say_properly_does_not_load(string text, int line, int column, string? says, string? nearest)
    {
        var problem = PolicyReader.Read(text, "policy.yaml").AsT1.Problems[0];

        Assert.Equal((line, column, "policy.yaml", nearest), (problem.Line, problem.Column, problem.File, problem.NearestKey));
        Assert.Contains(says ?? "", problem.Message, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Expected);
        Assert.StartsWith($"policy.yaml:{line}:{column}: ", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("environmnt: any", "environment")]
    [InlineData("Because: x", "because")]
    [InlineData("workingdirectory: any", "workingDirectory")]
    [InlineData("elevated: yes", null)]
    [InlineData("elevated: false", null)]
    [InlineData("principals: []", null)]
    [InlineData("principals: ['role:']", null)]
    [InlineData("principals: [null]", null)]
    [InlineData("workingDirectory: { under: srv }", null)]
    [InlineData("workingDirectory: { under: /srv/ }", null)]
    [InlineData("workingDirectory: { under: /srv/../etc }", null)]
    [InlineData("workingDirectory: {}", null)]
    [InlineData("environment: { allow: ['L*G'] }", null)]
    [InlineData("environment: { allow: ['A=B'] }", null)]
    [InlineData("limits: {}", null)]
    [InlineData("limits: { memory: -1 }", null)]
    [InlineData("limits: { memory: 1MB }", null)]
    [InlineData("limits: { memory: 99999999999GiB }", null)]
    [InlineData("require: { maxTimeout: 30 }", null)]
    [InlineData("require: { maxTimeout: 0s }", null)]
    [InlineData("require: {}", null)]
    [InlineData("containment: vm", null)]
    [InlineData("sandbox: {}", null)]
    [InlineData("sandbox: { reads: [/usr] }", "read")]
    [InlineData("sandbox: { read: [usr] }", null)]
    [InlineData("sandbox: { refuse: [everything] }", null)]
    [InlineData("target: mine", null)]
    [InlineData("runAs: { groups: [x] }", null)]
    [InlineData("matches: [[y]]", null)]
    [InlineData("notMatches: [[x, y]]", null)]
    [InlineData("matches: [[]]", null)]
    public void What_a_rule_does_not_say_properly_does_not_load(string keys, string? nearest)
    {
        var problem = Assert.Single(PolicyReader.Read(With(keys)).AsT1.Problems);

        Assert.Equal((3, nearest), (problem.Line, problem.NearestKey));
    }

    [Theory]
    [InlineData("(a")]
    [InlineData("a)|(b")]
    [InlineData("(?=a)b")]
    [InlineData("(?<!a)b")]
    [InlineData(@"(a)\1")]
    [InlineData("(?>a+)")]
    [InlineData("(?x)a #")]
    [InlineData("[")]
    [InlineData(@"a\")]
    public void A_pattern_that_is_bad_or_super_linear_does_not_load(string pattern)
    {
        var text = With("").Replace("any", $"[{{ pattern: '{pattern}' }}]", StringComparison.Ordinal);

        Assert.Contains("pattern", Assert.Single(PolicyReader.Read(text).AsT1.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_too_large_or_too_deep_does_not_load()
    {
        Assert.True(PolicyReader.Read(new string('#', YamlTree.MostCharacters + 1)).IsT1);
        Assert.True(PolicyReader.Read("version: 1\nrules: " + new string('[', 500_000)).IsT1);
        Assert.True(PolicyReader.Read("version: 1\nrules: " + new string('[', 13) + new string(']', 13)).IsT1);
        Assert.True(
            PolicyReader.Read(With("").Replace("any", $"[{{ pattern: '{new string('a', 1001)}' }}]", StringComparison.Ordinal)).IsT1
        );
    }

    [Fact]
    public void Every_problem_of_a_file_is_named_at_once()
    {
        var problems = PolicyReader
            .Read("version: 1\nrules:\n  - { id: a, efect: deny }\n  - { id: b, effect: deni, actions: [x] }")
            .AsT1.Problems;

        Assert.Equal([3, 3, 3, 4], problems.Select(problem => problem.Line));
    }

    [Theory]
    [InlineData("git", true)]
    [InlineData("gi\u0442", false)]
    [InlineData("git\n", false)]
    [InlineData("\ngit", false)]
    [InlineData("git status", false)]
    [InlineData("GIT", false)]
    public void A_pattern_matches_whole_arguments(string argument, bool matches)
    {
        foreach (var pattern in new[] { "[a-z]+", "git$", "^git", "git|x" })
        {
            Assert.Equal(matches, new ArgumentMatcher(ArgumentPattern.Of(ArgumentElement.Pattern(pattern))).IsMatch([argument]));
        }
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a b", true)]
    [InlineData("a c", true)]
    [InlineData("a b c c", true)]
    [InlineData("", false)]
    [InlineData("b", false)]
    [InlineData("a b b", false)]
    [InlineData("a c b", false)]
    public void Optional_elements_and_a_rest(string arguments, bool matches) =>
        Assert.Equal(
            matches,
            new ArgumentMatcher(ArgumentPattern.Of("a", ArgumentElement.Literal("b").AsOptional(), ArgumentElement.RestOneOf("c"))).IsMatch(
                arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            )
        );

    [Fact]
    public void Hash_says_the_same_for_what_says_the_same()
    {
        var one = PolicyReader.Read(Git).AsT0;
        var other = PolicyReader.Read(Git.Replace("[status, log]", "[log, status]", StringComparison.Ordinal)).AsT0;
        var different = PolicyReader.Read(Git.Replace("30s", "31s", StringComparison.Ordinal)).AsT0;

        Assert.Equal(one.Hash, other.Hash);
        Assert.NotEqual(one.Hash, different.Hash, StringComparer.Ordinal);
        Assert.Equal(64, one.Hash.Length);
        Assert.Equal(PolicyEffect.Allow, one.Document.Rules[0].Effect);
        Assert.Equal(Containment.None, one.Document.Rules[0].Containment);
        Assert.True(one.Document.SecurePath == default);
    }
}
