# Homebrew's formula for a tap. `make release` fills in homepage, url and sha256; the version is read from the url.
class KubectlNetshoot < Formula
  desc "Debug a live pod from a copy of it behind its Service"
  homepage ""
  url ""
  sha256 ""
  license "Apache-2.0"

  depends_on "kubernetes-cli"
  depends_on "python@3.13"

  def install
    bin.install "kubectl-netshoot", "kubectl_complete-netshoot"
    man1.install "kubectl-netshoot.1"
  end

  test do
    assert_match "kubectl-netshoot #{version}", shell_output("#{bin}/kubectl-netshoot version")
  end
end
