using System.Text;
using Osl.Interop.Files;
using Osl.Operations;

namespace Osl.Security.Policies;

/// <summary>Reads policies from files that nobody else could have written.</summary>
public static class PolicyFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Reads and checks a file. On Unix it has to be trusted: no component of its path may be written by anybody but root and the
    /// host's own account (knowledge/trusted-paths.md). On Windows that is not looked at yet.
    /// </summary>
    /// <param name="path">Its path.</param>
    public static OneOf<CompiledPolicy, PolicyRefusal> Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!OperatingSystem.IsWindows() && TrustedPath.Examine(path) is { IsTrusted: false } trust)
        {
            return Refuse(path, trust.Describe(), "a file that only root and this account can change");
        }

        try
        {
            // Bounded before it is read: a device or a huge file must not fill the memory.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var bytes = new byte[YamlTree.MostCharacters + 1];
            var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (count == bytes.Length)
            {
                return Refuse(path, "the file is too large", $"at most {YamlTree.MostCharacters} bytes");
            }

            var text = bytes.AsSpan(0, count);
            return PolicyReader.Read(Strict.GetString(text.StartsWith(Encoding.UTF8.Preamble) ? text[3..] : text), path);
        }
        catch (DecoderFallbackException)
        {
            return Refuse(path, "the file is not UTF-8", "UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Refuse(path, $"the file can't be read ({e.GetType().Name})", "a file that this account can read");
        }
    }

    private static PolicyRefusal Refuse(string path, string message, string expected) =>
        new([
            new PolicyProblem(message, expected)
            {
                File = path,
                Line = 1,
                Column = 1,
            },
        ]);
}
