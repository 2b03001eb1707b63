using System.Text;
using Osl.Interop.Files;
using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Reads policies from files that nobody else could have written.</summary>
public static class PolicyFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads and checks a file. It has to be trusted: no component of its path may be changed by anybody but the system's administrators and
    /// the host's own account (knowledge/trusted-paths.md).
    /// </summary>
    /// <param name="path">Its path.</param>
    public static OneOf<CompiledPolicy, PolicyRefusal> Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (WhyNotTrusted(path) is { } problem)
        {
            return Refuse(path, problem, "a file that only root and this account can change");
        }

        return Read(path);
    }

    /// <summary>The same, trusted or not: for those who write policies. Nothing may be judged by it.</summary>
    /// <param name="path">Its path.</param>
    public static OneOf<CompiledPolicy, PolicyRefusal> Read(string path) => Read(path, toShow: false);

    /// <summary>The same, to show what stands in it: refused where osl is root and its caller may not be allowed to read the file.</summary>
    /// <param name="path">Its path.</param>
    public static OneOf<CompiledPolicy, PolicyRefusal> ReadToShow(string path) => Read(path, toShow: true);

    /// <summary>Reads a file of cases.</summary>
    /// <param name="path">Its path.</param>
    public static OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal> ReadCases(string path) =>
        Text(path).TryPickT0(out var content, out var refusal)
            ? content.MayBeTold
                ? PolicyCaseReader.Read(content.Text, path)
                : OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal>.FromT1(Withhold(path))
            : OneOf<IReadOnlyList<PolicyCase>, PolicyRefusal>.FromT1(refusal);

    /// <summary>Why a file would not be trusted (knowledge/trusted-paths.md); null when it would be.</summary>
    /// <param name="path">Its path.</param>
    public static string? WhyNotTrusted(string path) => TrustedPath.Examine(path) is { IsTrusted: false } trust ? trust.Describe() : null;

    private static OneOf<CompiledPolicy, PolicyRefusal> Read(string path, bool toShow)
    {
        if (!Text(path).TryPickT0(out var content, out var unread))
        {
            return unread;
        }

        var policy = PolicyReader.Read(content.Text, path);
        return content.MayBeTold || (policy.IsT0 && !toShow) ? policy : Withhold(path);
    }

    // Not even whether it is nearly one: where a file stops being a policy is told by what stands there.
    private static PolicyRefusal Withhold(string path) =>
        Refuse(
            path,
            "the file is no policy that loads, or one that is not to be shown; what stands in it is not told, since osl is root and whoever has called it may not be allowed to read it",
            "a file that belongs to the caller, or that everybody may read"
        );

    /// <summary>A bounded, well-formed text, and whether what stands in it may be told to who has called osl. Templates are read so too.</summary>
    internal static OneOf<(string Text, bool MayBeTold), PolicyRefusal> Text(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            // Bounded before it is read: a huge file must not fill the memory. And no FIFO: whoever reads policies would wait for its writer.
            using var stream = new FileStream(RegularFile.OpenToRead(path), FileAccess.Read);
            var bytes = new byte[YamlTree.MostCharacters + 1];
            var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (count == bytes.Length)
            {
                return Refuse(path, "the file is too large", $"at most {YamlTree.MostCharacters} bytes");
            }

            var text = bytes.AsSpan(0, count);
            return (
                Strict.GetString(text.StartsWith(Encoding.UTF8.Preamble) ? text[3..] : text),
                Disclosure.IsAllowed(path, stream.SafeFileHandle)
            );
        }
        catch (DecoderFallbackException)
        {
            return Refuse(path, "the file is not UTF-8", "UTF-8");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Refuse(path, "there is no such file", "a file");
        }
        catch (NotRegularFileException)
        {
            return Refuse(
                path,
                "it is no regular file",
                "a regular file, no directory, FIFO or device",
                "Put a file there, or take away what is there."
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Refuse(
                path,
                $"the file can't be read ({FileFailure.Describe(e)})",
                "a file that this account can read",
                "Let this account read the file."
            );
        }
    }

    private static PolicyRefusal Refuse(string path, string message, string expected, string remedy = "Correct the file.") =>
        new([
            new PolicyProblem(message, expected)
            {
                Remedy = remedy,
                File = path,
                Line = 1,
                Column = 1,
            },
        ]);
}
