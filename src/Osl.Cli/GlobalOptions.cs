using System.CommandLine;
using Osl.Cli.Output;
using Osl.Cli.Policies;
using Osl.Executors;
using Osl.Executors.Linux;
using Osl.Hosting;
using Osl.Hosting.Policies;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Security.Audit;
using Osl.Security.Policies;

namespace Osl.Cli;

/// <summary>What can be said to every command.</summary>
internal sealed class GlobalOptions
{
    private ReloadablePolicy? _policy;

    internal Option<string?> AuditDirectory { get; } =
        new("--audit-dir")
        {
            HelpName = "DIR",
            Description = "Where the audit journal lies. Otherwise OSL_AUDIT_DIR, or the state directory (osl doctor shows it).",
            Recursive = true,
        };

    internal Option<string?> Policy { get; } =
        new("--policy")
        {
            HelpName = "FILE",
            Description = "A policy file that makes the system's policy, or the built-in one, stricter. Otherwise OSL_POLICY.",
            Recursive = true,
        };

    internal Option<bool> Verbose { get; } =
        new("--verbose")
        {
            Description = "Log to standard error what is done; show the stack trace of a failure.",
            Recursive = true,
            Arity = ArgumentArity.Zero,
        };

    internal Option<bool> Json { get; } =
        new("--json")
        {
            Description = "Write JSON for programs, one object a line: knowledge/cli-json.md says which.",
            Recursive = true,
            Arity = ArgumentArity.Zero,
        };

    /// <summary>The audit directory that holds for this call, absolute; null when there is no home to put it under.</summary>
    /// <exception cref="OslConfigurationException">It is relative, and there is no working directory, or it can be no path.</exception>
    internal string? AuditDirectoryOf(ParseResult parse, CliIo io)
    {
        var named = parse.GetValue(AuditDirectory) ?? io.Variable("OSL_AUDIT_DIR");
        try
        {
            return named is null ? OslDirectories.Audit : Path.GetFullPath(named);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new OslConfigurationException(
                $"'{named}' leads nowhere: the working directory is gone or can't be read.",
                "Name the audit directory by an absolute path, or go to another directory."
            );
        }
    }

    /// <summary>The policy file that was named; null when none was.</summary>
    internal string? PolicyFileOf(ParseResult parse, CliIo io) => parse.GetValue(Policy) ?? io.Variable("OSL_POLICY");

    /// <summary>Whether there is a policy file that may not be ignored: one that was named, or the system's.</summary>
    internal bool HasPolicyFile(ParseResult parse, CliIo io) => PolicyFileOf(parse, io) is not null || OslDirectories.HasSystemPolicy;

    /// <summary>The policy that holds for this call; read once.</summary>
    /// <exception cref="OslConfigurationException">It does not load.</exception>
    internal ReloadablePolicy PolicyOf(ParseResult parse, CliIo io) =>
        _policy ??= HostPolicy.Compose(own: null, PolicyFileOf(parse, io) is { } file ? [file] : []);

    /// <summary>A host to look by: beside a policy that does not load it denies everything, and what runs can still be shown.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="io">Where the environment and the time come from.</param>
    internal OslHost CreateLooking(ParseResult parse, CliIo io)
    {
        try
        {
            _ = PolicyOf(parse, io);
        }
        catch (OslConfigurationException e) when (e.IsPolicy)
        {
            // It has been told; a policy without rules allows nothing.
            _policy = ReloadablePolicy.Create(() => CompiledPolicy.Compile(new PolicyDocument())).AsT0;
        }

        return CreateHost(parse, io);
    }

    /// <param name="parse">The command line.</param>
    /// <param name="io">Where the environment and the time come from.</param>
    /// <param name="control">For a command that stands for the one program it runs.</param>
    /// <param name="observer">Who is told of starts and ends; null when nobody is.</param>
    /// <param name="dryRun">Nothing is done.</param>
    /// <exception cref="OslConfigurationException">What was asked for can't be had.</exception>
    internal OslHost CreateHost(
        ParseResult parse,
        CliIo io,
        JobControl? control = null,
        IProcessObserver? observer = null,
        bool dryRun = false
    ) =>
        OslHost.Create(options =>
        {
            options.UseTimeProvider(io.Time).UseApprover(new TerminalApprover(io.Time));
            options.ComposedPolicy = PolicyOf(parse, io);
            options.OwnFiles = [.. new[] { PolicyFileOf(parse, io), io.Variable("OSL_AUDIT_CHECKPOINT") }.OfType<string>()];
            RefuseOtherJournal(parse, io);
            if (dryRun)
            {
                options.UseDryRun();
            }

            options.HasTelemetry = false;
            options.JobControl = control;
            options.PassesOnIgnoredSignals = true;
            options.IsShortLived = true;
            if (Environment.ProcessId == 1 && LinuxFeatures.HasPidfd)
            {
                // Of a container: nobody else does it. Without pidfds it can't be done without taking somebody's status away.
                options.ReapOrphans();
            }

            if (AuditDirectoryOf(parse, io) is { } directory)
            {
                options.UseAuditDirectory(directory);
                Sign(options, directory, io);
            }

            if (observer is not null)
            {
                options.UseProcessObserver(observer);
            }

            if (parse.GetValue(Verbose))
            {
                options.UseLogger(EscapingLogSink.CreateLogger(io));
            }
        });

    /// <summary>Whether osl runs for somebody who may be allowed no more than the system's policy says, though it is root.</summary>
    private static bool IsHeldBySystemPolicy => !OperatingSystem.IsWindows() && HostIdentity.IsPrivileged && OslDirectories.HasSystemPolicy;

    /// <summary>Refuses to write a file of the caller's choice as root, where the caller may be held by the system's policy.</summary>
    /// <exception cref="OslConfigurationException">It is so.</exception>
    internal static void RefuseToWrite(string option, string remedy)
    {
        if (IsHeldBySystemPolicy)
        {
            throw new OslConfigurationException($"As root, where the system has a policy, no file is written for {option}.", remedy);
        }
    }

    /// <summary>Who may run osl as root must not be able to lead the record of it elsewhere, nor to make or change another's key.</summary>
    /// <exception cref="OslConfigurationException">That was tried.</exception>
    internal void RefuseOtherJournal(ParseResult parse, CliIo io)
    {
        if (IsHeldBySystemPolicy && (parse.GetValue(AuditDirectory) ?? io.Variable("OSL_AUDIT_DIR")) is not null)
        {
            throw new OslConfigurationException(
                "As root, where the system has a policy, the journal can't be kept elsewhere.",
                "Leave out --audit-dir and OSL_AUDIT_DIR."
            );
        }
    }

    /// <summary>Where the key of a journal lies, if it has one: beside it, since neither may hold the other.</summary>
    internal static string KeysOf(string auditDirectory) => OslDirectories.KeysOf(auditDirectory);

    private static void Sign(OslHostOptions options, string directory, CliIo io)
    {
        var keys = KeysOf(directory);
        if (!OslDirectories.IsOccupied(keys))
        {
            return;
        }

        string? told = null;
        options.SignAudit(
            new AuditSigningOptions(keys)
            {
                Sink = io.Variable("OSL_AUDIT_CHECKPOINT") is { } file ? new CheckpointFileSink(file) : null,
                StatusChanged = status =>
                {
                    // Once for each trouble, not for each checkpoint.
                    if ((status.Problem ?? status.SinkProblem) is { } problem && !string.Equals(problem, told, StringComparison.Ordinal))
                    {
                        told = problem;
                        io.Tell($"The audit journal could not be signed, or its checkpoint not kept: {problem}.");
                    }
                },
            }
        );
    }

    /// <summary>Who asks: the account osl runs as.</summary>
    internal static OperationContext Context(string? reason = null) => new(Principal.Current, reason);

    /// <summary>All of them.</summary>
    internal IReadOnlyList<Option> All => [Json, AuditDirectory, Policy, Verbose];

    internal void AddTo(Command root)
    {
        AuditDirectory.Validators.Add(NotEmpty);
        Policy.Validators.Add(NotEmpty);
        foreach (var option in All)
        {
            root.Options.Add(option);
        }
    }

    /// <summary>A path that is named has to be one.</summary>
    internal static void NotEmpty(System.CommandLine.Parsing.OptionResult option)
    {
        if (option.Tokens is [{ Value.Length: 0 }])
        {
            option.AddError($"{option.Option.Name} needs a path.");
        }
    }
}
