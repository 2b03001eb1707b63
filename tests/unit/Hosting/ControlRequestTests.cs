using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Osl.Hosting.Managing;
using Xunit;

namespace Osl.Tests.Unit.Hosting;

public sealed class ControlRequestTests
{
    [Theory]
    [InlineData("status", null)]
    [InlineData("start", "web")]
    [InlineData("stop", "web-1.2_x")]
    [InlineData("restart", "w")]
    public void What_is_written_is_read(string verb, string? name)
    {
        var request = new ControlRequest(Enum.Parse<ControlVerb>(verb, ignoreCase: true), name);
        var line = request.Write();
        Assert.Equal((byte)'\n', line[^1]);
        Assert.Equal(request, ControlRequest.Read(line.AsSpan(0, line.Length - 1)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"do\":\"start\"}")]
    [InlineData("{\"do\":\"kill\",\"name\":\"web\"}")]
    [InlineData("{\"do\":\"start\",\"name\":\"../web\"}")]
    [InlineData("{\"do\":\"start\",\"name\":\"web\",\"name\":\"db\"}")]
    [InlineData("{\"do\":\"start\",\"name\":\"web\",\"as\":\"root\"}")]
    [InlineData("{\"do\":\"start\",\"name\":[\"web\"]}")]
    [InlineData("{\"do\":\"start\",\"name\":\"web\"} {}")]
    [InlineData("{\"do\":\"start\",\"name\":null}")]
    [InlineData("{\"do\":\"status\"")]
    [InlineData("{\"do\":\"\\ud800\"}")]
    public void What_is_no_request_is_none(string line) => Assert.Null(ControlRequest.Read(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void A_request_is_bounded() =>
        Assert.Null(ControlRequest.Read(Encoding.UTF8.GetBytes($"{{\"do\":\"status\"{new string(' ', ControlRequest.Longest)}}}")));

    [Fact]
    public void Whatever_bytes_come_are_a_request_or_none() =>
        Prop.ForAll(
                ArbMap.Default.GeneratorFor<byte[]>().ToArbitrary(),
                ArbMap.Default.GeneratorFor<int>().ToArbitrary(),
                (bytes, at) =>
                {
                    _ = ControlRequest.Read(bytes);
                    // One that is nearly one.
                    var line = new ControlRequest(ControlVerb.Restart, "web").Write();
                    foreach (var (index, value) in bytes.Index())
                    {
                        line[(Math.Abs(at % 1000) + (index * 7)) % line.Length] = value;
                    }

                    var read = ControlRequest.Read(line);
                    return read is null || read.Name is null || Osl.Supervision.ProcessTemplate.WhyNoName(read.Name) is null;
                }
            )
            .QuickCheckThrowOnFailure();
}
