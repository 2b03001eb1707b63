using System.Diagnostics;
using Osl.Security.Audit;

namespace Osl.Tests.Unit.Audit;

/// <summary>tests/verify/verify.py, which was written from the format's page alone: one process, many questions.</summary>
internal sealed class SecondVerifier : IDisposable
{
    private readonly Process? _python;
    private readonly string _scratch;

    public SecondVerifier(string scratch)
    {
        _scratch = scratch;
        try
        {
            _python = Process.Start(
                new ProcessStartInfo("python3", [Repository.PathOf("tests", "verify", "verify.py")])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    UseShellExecute = false,
                }
            );
        }
        catch (System.ComponentModel.Win32Exception)
        {
            _python = null;
        }
    }

    public bool IsThere => _python is not null;

    /// <summary>Its answer; null where there is no Python.</summary>
    public string? Ask(string directory, AuditPublicKey? key, AuditCheckpoint? checkpoint)
    {
        if (_python is null)
        {
            return null;
        }

        _python.StandardInput.WriteLine($"{directory}\t{Save(key?.Fingerprint, key?.ToPem())}\t{Save("kept", checkpoint?.ToString())}");
        _python.StandardInput.Flush();
        return _python.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the second verifier has died");
    }

    public void Dispose()
    {
        if (_python is not null)
        {
            _python.StandardInput.Close();
            _python.WaitForExit();
            _python.Dispose();
        }
    }

    private string Save(string? name, string? content)
    {
        if (content is null)
        {
            return "-";
        }

        var path = Path.Combine(_scratch, name + ".txt");
        File.WriteAllText(path, content);
        return path;
    }
}
